namespace P2P.Server.Catalogs;

/// <summary>
/// Whether somebody sends fast enough on average over a time: the wait for what it sends takes from an account that what comes fills again, up
/// to that time. One wait may be longer than the account lasts if enough comes at its end.
/// </summary>
/// <param name="bytesPerSecond">0 for no limit.</param>
/// <param name="over">The time, and what the account begins with.</param>
sealed class LeastRate(long bytesPerSecond, TimeSpan over)
{
    readonly TimeSpan _over = over;
    TimeSpan _left = over;

    /// <summary>Takes what came after a wait; false if it was too slow.</summary>
    public bool Take(TimeSpan waited, int bytes)
    {
        if (bytesPerSecond == 0)
        {
            return true;
        }

        var left = _left - waited + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        _left = left < _over ? left : _over;
        return _left >= TimeSpan.Zero;
    }
}
