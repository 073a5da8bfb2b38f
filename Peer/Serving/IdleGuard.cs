namespace P2P.Peers.Serving;

/// <summary>Cancels when nothing happens for too long. The caller's own cancellation and this one are told apart.</summary>
sealed class IdleGuard : IDisposable
{
    readonly CancellationTokenSource _source;
    readonly TimeSpan _limit;
    readonly ITimer _timer;

    public IdleGuard(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _limit = limit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _timer = time.CreateTimer(_ => Expire(), null, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled by the caller, or when the time is up.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the time was up.</summary>
    public bool IsExpired { get; private set; }

    /// <summary>Something happened.</summary>
    public void Touch() => _timer.Change(_limit, Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    void Expire()
    {
        IsExpired = true;
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended in the same instant: nothing is left to be cancelled.
            IsExpired = false;
        }
    }
}
