using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>One peer's catalog as it is stored: where it stands, and its batches in order.</summary>
sealed class StoredCatalog(HeadSaved head)
{
    /// <summary>Batches that are put together before the catalog is built on: fewer rebuildings, and no more than these in memory as messages.</summary>
    const int BatchesAtOnce = 64;

    public HeadSaved Head => head;

    public List<StoredBatch> Batches { get; } = [];

    /// <summary>The catalog that the batches make.</summary>
    /// <exception cref="StoreUnusableException">One of them is damaged.</exception>
    public HeldCatalog Fold()
    {
        var (files, logged) = (PeerCatalog.Empty, 0L);
        foreach (var some in Batches.Chunk(BatchesAtOnce))
        {
            var messages = some.AsParallel().AsOrdered().Select(batch => batch.Message).ToArray();
            logged += messages.Sum(HeldCatalog.Entries);
            files = Apply(files, messages);
        }

        return new HeldCatalog(head.CatalogId, head.Sequence, head.Generation, files, head.Time) { Logged = logged };
    }

    /// <summary>Applies batches as one: of each path what the last of them says.</summary>
    static PeerCatalog Apply(PeerCatalog files, PublishRequest[] batches)
    {
        var last = new Dictionary<string, FileEntry?>(StringComparer.Ordinal);
        foreach (var batch in batches)
        {
            foreach (var path in batch.Removes)
            {
                last[path] = null;
            }

            foreach (var file in batch.Upserts)
            {
                last[file.Path] = file;
            }
        }

        return files.Apply(
            [.. last.Values.OfType<FileEntry>()], [.. last.Where(entry => entry.Value is null).Select(entry => entry.Key)],
            [.. batches.SelectMany(batch => batch.Access)]).Catalog;
    }
}
