namespace P2P.Server.Store.Postgres;

/// <summary>Locks that somebody wants, has, or no longer wants.</summary>
sealed class Wish(long[] keys)
{
    volatile bool _released;

    public long[] Keys { get; } = keys;

    /// <summary>The end of the log when they were taken.</summary>
    public TaskCompletionSource<long> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Tenure? Tenure { get; set; }

    public bool IsReleased
    {
        get => _released;
        set => _released = value;
    }
}

/// <summary>
/// The life of one connection's locks. Once it is lost, a holder that goes on works on a decision which nothing protects any more:
/// the tenure stays unsound until the last of them has let go, and only then the next one begins.
/// </summary>
sealed class Tenure(int node)
{
    readonly Lock _lock = new();
    readonly HashSet<Wish> _held = [];
    readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    bool _lost = node < 0;

    /// <summary>The directory's number; negative before the first tenure.</summary>
    public int Node { get; } = node;

    public bool IsSound
    {
        get
        {
            lock (_lock)
            {
                return !_lost;
            }
        }
    }

    public void Add(Wish wish)
    {
        lock (_lock)
        {
            wish.Tenure = this;
            _held.Add(wish);
        }
    }

    /// <summary>The keys to unlock; none if it was not held here.</summary>
    public IReadOnlyList<long> Remove(Wish wish)
    {
        lock (_lock)
        {
            _held.Remove(wish);
            return wish.Tenure == this ? wish.Keys : [];
        }
    }

    /// <summary>A holder has let go.</summary>
    public void Let(Wish wish)
    {
        lock (_lock)
        {
            _held.Remove(wish);
            EndIfEmpty();
        }
    }

    /// <summary>The server has given the locks away.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            _lost = true;
            EndIfEmpty();
        }
    }

    /// <summary>Ends when the tenure is lost and nobody works under it any more.</summary>
    public Task EmptyAsync(CancellationToken cancellationToken) =>
        Node < 0 ? Task.CompletedTask : _empty.Task.WaitAsync(cancellationToken);

    void EndIfEmpty()
    {
        if (_lost && _held.Count == 0)
        {
            _empty.TrySetResult();
        }
    }
}
