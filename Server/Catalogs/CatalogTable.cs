using System.Collections.Concurrent;
using P2P.Server.Store;

namespace P2P.Server.Catalogs;

/// <summary>What the directory holds of one peer, online or not.</summary>
/// <param name="CatalogId">The name that Publish gave it; empty for none, and for files named at Login.</param>
/// <param name="Generation">Tells the batches of this list from those of the ones before.</param>
/// <param name="Time">The last change.</param>
sealed record HeldCatalog(string CatalogId, long Sequence, long Generation, PeerCatalog Files, DateTimeOffset Time)
{
    /// <summary>How long its log in the store is: all entries of all its batches, and one for each batch.</summary>
    public long Logged { get; init; }

    /// <summary>The entry of a shared store's log with which the list was read as a whole; 0 for none.</summary>
    public long ReadAt { get; init; }

    public static readonly HeldCatalog None = new("", 0, 0, PeerCatalog.Empty, DateTimeOffset.UnixEpoch);
}

/// <summary>The catalogs of all peers, online or not. One peer's entry changes under its lock in <see cref="Sessions.KeyedLocks"/>.</summary>
/// <param name="store">Its number among those that share it makes generations unique.</param>
sealed class CatalogTable(IDirectoryStore store)
{
    readonly ConcurrentDictionary<string, HeldCatalog> _held = new(StringComparer.Ordinal);
    readonly ISharedStore? _shared = store as ISharedStore;
    long _round;

    public HeldCatalog Of(string peerId) => _held.GetValueOrDefault(peerId, HeldCatalog.None);

    public void Put(string peerId, HeldCatalog catalog)
    {
        _held[peerId] = catalog;
        var round = catalog.Generation / SharedNumbers.Nodes;
        for (var seen = Interlocked.Read(ref _round); seen < round; seen = Interlocked.Read(ref _round))
        {
            Interlocked.CompareExchange(ref _round, round, seen);
        }
    }

    public void Drop(string peerId) => _held.TryRemove(peerId, out _);

    /// <summary>A generation higher than any that this directory knows, and that no other directory of the store gives out.</summary>
    public long NextGeneration() => (Interlocked.Increment(ref _round) * SharedNumbers.Nodes) + (_shared?.Node ?? 0);

    /// <summary>Peers whose catalogs have not changed since a time.</summary>
    public IReadOnlyList<string> UnchangedSince(DateTimeOffset before) =>
        [.. _held.Where(held => held.Value.Time < before).Select(held => held.Key)];
}
