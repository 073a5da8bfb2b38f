namespace P2P.Peers.Sharing;

/// <summary>The shared files, now. One writer, the <see cref="ShareIndexer"/>; any number of readers of its snapshots.</summary>
sealed class CatalogState
{
    readonly Lock _lock = new();
    CatalogSnapshot _current = CatalogSnapshot.Empty;
    TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CatalogSnapshot Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Whether all folders have been scanned once, and what was found is hashed.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Shows a new state to all readers.</summary>
    public void Show(IReadOnlyDictionary<string, SharedFile> files)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _current = new CatalogSnapshot(_current.Version + 1, files);
            (changed, _next) = (_next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    /// <summary>The first round is over.</summary>
    public void Complete() => IsComplete = true;

    /// <summary>Ends once there is a snapshot newer than the given version.</summary>
    public Task WaitForChangeAsync(long version, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _current.Version > version ? Task.CompletedTask : _next.Task.WaitAsync(cancellationToken);
        }
    }
}
