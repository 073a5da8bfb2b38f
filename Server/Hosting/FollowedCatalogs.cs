using P2P.Server.Catalogs;
using P2P.Server.Store;
using P2P.Server.Watching;

namespace P2P.Server.Hosting;

/// <summary>
/// Applies what other directories of a shared store did to peers' catalogs. No lock is taken: whoever changes a peer here has read
/// everything that was committed under the peer's lock before it, and nobody else commits while it holds it.
/// </summary>
sealed class FollowedCatalogs(ISharedStore store, CatalogTable catalogs, CatalogIndex index, EventLog events)
{
    /// <summary>The catalog's list, if it is a new one, is read from the store: its batches may have come before its head did.</summary>
    public async Task ApplyAsync(HeadSaved head, long entry, CancellationToken cancellationToken)
    {
        var held = catalogs.Of(head.PeerId);
        if (head.Generation == held.Generation)
        {
            catalogs.Put(head.PeerId, held with { CatalogId = head.CatalogId, Sequence = head.Sequence, Time = head.Time });
            return;
        }

        var batches = await store.BatchesAsync(head.PeerId, head.Generation, entry, cancellationToken).ConfigureAwait(false);
        if (batches is null)
        {
            // A later entry has another list already; until it comes, the old one is shown.
            return;
        }

        var stored = new StoredCatalog(head);
        stored.Batches.AddRange(batches.Select(batch => batch.Stored));
        var read = stored.Fold();
        var files = read.Files;
        catalogs.Put(head.PeerId, read with { ReadAt = entry });
        if (index.Find(head.PeerId) is { } peer)
        {
            var before = peer.Catalog;
            index.Replace(peer, files);
            events.Replaced(peer, before, files);
        }
    }

    /// <summary>A batch of the list that is shown; staged ones come with their head.</summary>
    public void Apply(BatchSaved batch, long entry)
    {
        var held = catalogs.Of(batch.PeerId);
        if (batch.Generation != held.Generation || entry <= held.ReadAt)
        {
            return;
        }

        var opened = batch.Stored.Open();
        var change = held.Files.Apply(opened);
        catalogs.Put(batch.PeerId, held with { Files = change.Catalog, Logged = held.Logged + opened.Entries });
        if (index.Find(batch.PeerId) is { } peer)
        {
            index.Apply(peer, change);
            events.Changed(peer, held.Files.Access, [.. CatalogPublisher.Gone(held.Files, opened)], new SegmentEntries(change.Came));
        }
    }

    public void Apply(CatalogDropped dropped) => catalogs.Drop(dropped.PeerId);
}
