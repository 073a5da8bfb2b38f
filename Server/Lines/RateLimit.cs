namespace P2P.Server.Lines;

/// <summary>Bytes a second, with a second's worth at once. For one user at a time, or several that share it.</summary>
/// <param name="bytesPerSecond">0 for no limit.</param>
/// <param name="time">The clock.</param>
sealed class RateLimit(long bytesPerSecond, TimeProvider time)
{
    static readonly TimeSpan Burst = TimeSpan.FromSeconds(1);

    readonly Lock _lock = new();
    readonly long _started = time.GetTimestamp();
    TimeSpan _paidUntil;

    /// <summary>Takes so many bytes, and says how long to wait before more are taken.</summary>
    public TimeSpan Take(int bytes)
    {
        if (bytesPerSecond == 0)
        {
            return TimeSpan.Zero;
        }

        lock (_lock)
        {
            var now = time.GetElapsedTime(_started);
            _paidUntil = (_paidUntil > now ? _paidUntil : now) + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
            var wait = _paidUntil - now - Burst;
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }
}
