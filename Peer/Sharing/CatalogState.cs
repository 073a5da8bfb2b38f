using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>
/// The shared files, now. They have one writer, the <see cref="ShareIndexer"/>, and downloads under way another; any number of readers
/// see snapshots of both.
/// </summary>
sealed class CatalogState
{
    readonly Lock _lock = new();
    IReadOnlyList<SharedFile> _partials = [];
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
    public void Show(IReadOnlyDictionary<string, SharedFile> files) => Show(files, null);

    /// <summary>Shows the downloads under way, beside the shared files.</summary>
    public void ShowPartials(IReadOnlyList<SharedFile> partials) => Show(null, partials);

    void Show(IReadOnlyDictionary<string, SharedFile>? files, IReadOnlyList<SharedFile>? partials)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            // The indexer goes on with its own table; a copy is taken only where partials come beside it.
            _partials = partials ?? _partials;
            files ??= _current.Files.Values.Where(file => !SharedPath.IsPartial(file.Path)).ToDictionary(file => file.Path, StringComparer.Ordinal);
            _current = new CatalogSnapshot(_current.Version + 1, _partials.Count == 0 ? files : With(files, _partials));
            (changed, _next) = (_next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    static Dictionary<string, SharedFile> With(IReadOnlyDictionary<string, SharedFile> files, IReadOnlyList<SharedFile> partials)
    {
        var all = new Dictionary<string, SharedFile>(files, StringComparer.Ordinal);
        foreach (var partial in partials)
        {
            all[partial.Path] = partial;
        }

        return all;
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
