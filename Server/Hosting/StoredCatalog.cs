using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>One peer's catalog as it is stored: where it stands, and its batches in order.</summary>
sealed class StoredCatalog(HeadSaved head)
{
    public HeadSaved Head => head;

    public List<StoredBatch> Batches { get; } = [];

    /// <summary>The catalog that the batches make.</summary>
    /// <exception cref="StoreUnusableException">One of them is damaged.</exception>
    public HeldCatalog Fold()
    {
        var folding = new CatalogFolding();
        foreach (var batch in Batches)
        {
            folding.Add(batch.Open());
        }

        return new HeldCatalog(head.CatalogId, head.Sequence, head.Generation, folding.End(), head.Time) { Logged = folding.Logged };
    }
}

/// <summary>
/// Puts a peer's batches together before a catalog is built of them: those whose files follow one another, as peers send them, into one segment,
/// however many they are; others some at a time, of each path what the last of them says.
/// </summary>
sealed class CatalogFolding
{
    /// <summary>Other batches that are put together, and in memory as messages.</summary>
    const int BatchesAtOnce = 64;

    /// <summary>A batch of so many files may be the first of some that follow one another.</summary>
    const int LargeBatch = 128;

    readonly List<SegmentView> _run = [];
    readonly List<PublishedBatch> _others = [];
    readonly List<ShareAccess> _access = [];
    PeerCatalog _files = PeerCatalog.Empty;
    long _runText;

    /// <summary>How long the batches' log is.</summary>
    public long Logged { get; private set; }

    public void Add(PublishedBatch batch)
    {
        Logged += batch.Entries;
        _access.AddRange(batch.Rest.Access);
        var onlyAdds = batch.Rest.Removes.Count == 0 && batch.Files.Count > 0;
        if (onlyAdds && _run.Count > 0 && _runText + batch.Files.TextLength < PeerCatalog.MostText
            && SegmentBuilder.StandsBefore(_run[^1].Segment, batch.Files))
        {
            Run(batch.Files);
            return;
        }

        EndRun();
        if (onlyAdds && batch.Files.Count >= LargeBatch)
        {
            EndOthers();
            Run(batch.Files);
            return;
        }

        _others.Add(batch);
        if (_others.Count == BatchesAtOnce)
        {
            EndOthers();
        }
    }

    /// <summary>The catalog; nothing may be added any more.</summary>
    public PeerCatalog End()
    {
        EndRun();
        EndOthers();
        return _files.Apply([], [], _access).Catalog;
    }

    void Run(Segment files)
    {
        _run.Add(new SegmentView(files, null, 0));
        _runText += files.TextLength;
    }

    void EndRun()
    {
        if (_run.Count > 0)
        {
            _files = _files.Apply(_run.Count == 1 ? _run[0].Segment : SegmentBuilder.Merge(_run), [], []).Catalog;
            _run.Clear();
            _runText = 0;
        }
    }

    void EndOthers()
    {
        var last = new Dictionary<string, FileEntry?>(StringComparer.Ordinal);
        foreach (var batch in _others)
        {
            foreach (var path in batch.Rest.Removes)
            {
                last[path] = null;
            }

            foreach (var file in new SegmentEntries(batch.Files))
            {
                last[file.Path] = file;
            }
        }

        _others.Clear();
        if (last.Count > 0)
        {
            _files = _files.Apply([.. last.Values.OfType<FileEntry>()], [.. last.Where(entry => entry.Value is null).Select(entry => entry.Key)]).Catalog;
        }
    }
}
