using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>A download whose disk is full waits for room instead of failing.</summary>
/// <param name="patience">How long in all; zero fails at once.</param>
/// <param name="tell">Told once, when it begins to wait.</param>
/// <param name="time">The clock.</param>
sealed class DiskPause(TimeSpan patience, Action<string>? tell, TimeProvider time)
{
    static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(2);

    long? _since;

    /// <summary>Waits a moment.</summary>
    /// <returns>False where waiting does not help, or did not.</returns>
    public async Task<bool> WaitAsync(Exception error, string target, CancellationToken cancellation)
    {
        if (!Disk.IsFull(error is LocalDiskException { InnerException: { } cause } ? cause : error))
            return false;
        if (_since is null && patience > TimeSpan.Zero)
            tell?.Invoke($"The disk of {target} is full. The download goes on when there is room again.");
        _since ??= time.GetTimestamp();
        if (time.GetElapsedTime(_since.Value) >= patience)
            return false;
        await Task.Delay(TryAgain, time, cancellation);
        return true;
    }

    /// <summary>It went on.</summary>
    public void Over() => _since = null;
}
