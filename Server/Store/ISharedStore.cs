namespace P2P.Server.Store;

/// <summary>
/// A store that several directories share. Each keeps the whole state in memory; the store puts their changes into one order, and
/// tells each of the others'.
/// </summary>
interface ISharedStore : IDirectoryStore
{
    /// <summary>A number that no other directory of the store has now, below <see cref="SharedNumbers.Nodes"/>.</summary>
    int Node { get; }

    /// <summary>
    /// Takes locks by name that hold for all directories. On return, everything that others had committed under these names has been
    /// given to <see cref="FollowAsync"/>'s caller. Disposing gives them back. Within one directory the caller sees to it that no
    /// name is taken twice.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    Task<IDisposable> LockAsync(IReadOnlyList<string> names, CancellationToken cancellationToken);

    /// <summary>Gives out what others commit, in order, from where <see cref="IDirectoryStore.Load"/> ended, until cancelled.</summary>
    /// <exception cref="StoreUnusableException">The log no longer reaches back to where this directory stands: it has to start anew.</exception>
    Task FollowAsync(Func<SharedEntry, CancellationToken, Task> apply, CancellationToken cancellationToken);

    /// <summary>
    /// The batches of one generation of a peer's catalog, as far as they were committed by that entry; null if a later generation has
    /// taken its place by now.
    /// </summary>
    Task<IReadOnlyList<BatchSaved>?> BatchesAsync(string peerId, long generation, long upTo, CancellationToken cancellationToken);
}

/// <summary>What one directory committed at once.</summary>
/// <param name="Number">Its place in the one order.</param>
sealed record SharedEntry(long Number, IReadOnlyList<StoreChange> Changes);

/// <summary>How many directories may share a store.</summary>
static class SharedNumbers
{
    /// <summary>Directories at a time: what fits in the lowest digits of a generation.</summary>
    public const int Nodes = 1024;
}

/// <summary>The store does not answer, and nothing was changed; to be tried again.</summary>
sealed class StoreUnavailableException(string message, Exception? inner = null) : StoreWriteException(message, inner);
