namespace P2P.Server.Lines;

/// <summary>Cancels when nothing happens for too long.</summary>
sealed class IdleLimit : IDisposable
{
    readonly CancellationTokenSource _over = new();
    readonly TimeSpan _limit;
    readonly ITimer _timer;

    public IdleLimit(TimeSpan limit, TimeProvider time)
    {
        _limit = limit;
        // Read before the timer can fire: a source that is disposed of gives no token any more.
        Token = _over.Token;
        _timer = time.CreateTimer(_ => Expire(), null, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Token { get; }

    /// <summary>Something happened.</summary>
    public void Touch() => _timer.Change(_limit, Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _timer.Dispose();
        _over.Dispose();
    }

    void Expire()
    {
        try
        {
            _over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // What was watched ended in the same instant: nothing is left to be cancelled.
            return;
        }
    }
}
