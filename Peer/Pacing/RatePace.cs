namespace P2P.Peers.Pacing;

/// <summary>
/// Spaces transfers so that together they keep to a limit. Who comes first goes first; what was not used is kept for a quarter of a second.
/// </summary>
/// <param name="schedule">The limit.</param>
/// <param name="time">The clock, and the time of day where this machine is.</param>
public sealed class RatePace(RateSchedule schedule, TimeProvider time)
{
    const long Least = 16 * 1024;

    static readonly TimeSpan Kept = TimeSpan.FromMilliseconds(250);

    readonly Lock _lock = new();
    readonly long _started = time.GetTimestamp();
    TimeSpan _free;

    public static RatePace None { get; } = new(RateSchedule.None, TimeProvider.System);

    /// <summary>How much of so many bytes to send at once: a second's worth, so that nobody waits longer for a sign of life.</summary>
    public int Fit(int bytes) => Rate is { } rate ? (int)Math.Min(bytes, Math.Max(Least, rate)) : bytes;

    // What time it is here is a question that costs something, for each of many small files.
    long? Rate => schedule.IsLimit ? schedule.At(TimeOnly.FromDateTime(time.GetLocalNow().DateTime)) : null;

    /// <summary>Waits for the turn of so many bytes.</summary>
    public ValueTask WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait = Reserve(bytes);
        return wait > TimeSpan.Zero ? new ValueTask(Task.Delay(wait, time, cancellationToken)) : ValueTask.CompletedTask;
    }

    /// <summary>Books so many bytes.</summary>
    /// <returns>How long to wait before they may go.</returns>
    internal TimeSpan Reserve(int bytes)
    {
        if (Rate is not { } rate)
            return TimeSpan.Zero;
        lock (_lock)
        {
            TimeSpan now = time.GetElapsedTime(_started);
            TimeSpan start = _free > now - Kept ? _free : now - Kept;
            _free = start + TimeSpan.FromSeconds((double)bytes / rate);
            return start > now ? start - now : TimeSpan.Zero;
        }
    }
}
