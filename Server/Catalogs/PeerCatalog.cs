using System.Collections.Immutable;
using System.Text;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Catalogs;

/// <summary>One file of a segment.</summary>
readonly record struct FileRef(Segment Segment, int Index)
{
    public string Path => Segment.Path(Index);

    public FileFacts Facts => Segment.Facts(Index);

    public FileEntry ToEntry() => Facts.ToEntry(Path);
}

/// <summary>What a batch changed.</summary>
/// <param name="Catalog">What it led to.</param>
/// <param name="Came">The files that it brought.</param>
/// <param name="Removed">Which contents went, one entry a file.</param>
sealed record CatalogChange(PeerCatalog Catalog, Segment Came, IReadOnlyList<ContentId> Removed)
{
    /// <summary>Which contents came, one entry a file.</summary>
    public IEnumerable<ContentId> Added => Came.Contents;
}

/// <summary>
/// All files of one peer, immutable: a new batch makes a new catalog that shares the old one's segments. Segments grow
/// geometrically, so that a million files sent in thousands are copied a few times each, and a read looks into few of them.
/// </summary>
sealed class PeerCatalog
{
    /// <summary>Offsets are 32 bits wide; beyond this, segments are not merged.</summary>
    public const long MostText = 1L << 30;

    public static readonly PeerCatalog Empty = new([], 0, 0, FolderAccess.None);

    PeerCatalog(ImmutableArray<SegmentView> segments, int fileCount, long totalSize, FolderAccess access)
    {
        Segments = segments;
        FileCount = fileCount;
        TotalSize = totalSize;
        Access = access;
    }

    public ImmutableArray<SegmentView> Segments { get; }

    public int FileCount { get; }

    /// <summary>Bytes, as far as sizes are known.</summary>
    public long TotalSize { get; }

    /// <summary>Who may find which folders; it changes with the files, at once.</summary>
    public FolderAccess Access { get; }

    /// <summary>No files, and the same folders for the same groups.</summary>
    public PeerCatalog WithoutFiles() => new([], 0, 0, Access);

    public static PeerCatalog Of(IEnumerable<FileEntry> files) => Empty.Apply([.. files], []).Catalog;

    /// <summary>The catalog after a batch: removes first, then upserts.</summary>
    public CatalogChange Apply(PublishedBatch batch) => Apply(batch.Files, batch.Rest.Removes, batch.Rest.Access);

    /// <summary>The catalog after a batch: removes first, then upserts.</summary>
    public CatalogChange Apply(
        IReadOnlyCollection<FileEntry> upserts, IReadOnlyCollection<string> removes, IReadOnlyCollection<ShareAccess>? access = null) =>
        Apply(SegmentBuilder.Build(upserts), removes, access ?? []);

    /// <summary>The catalog after a batch: removes first, then upserts.</summary>
    public CatalogChange Apply(Segment newest, IReadOnlyCollection<string> removes, IReadOnlyCollection<ShareAccess> access)
    {
        var gone = Gone(newest, removes, Segments);
        var removed = new List<ContentId>();
        var size = TotalSize;
        var segments = ImmutableArray.CreateBuilder<SegmentView>(Segments.Length + 1);
        foreach (var view in Segments)
        {
            var dead = Among(view, gone);
            foreach (var index in dead)
            {
                size -= Math.Max(0, view.Segment.Size(index));
            }

            removed.AddRange(Contents(view.Segment, dead));
            segments.Add(view.Without(dead));
        }

        size += newest.SizeBetween(0, newest.Count);
        segments.Add(new SegmentView(newest, null, 0));
        Compact(segments);
        var catalog = new PeerCatalog(segments.ToImmutable(), segments.Sum(view => view.Alive), size, Access.With(access));
        return new CatalogChange(catalog, newest, removed);
    }

    /// <summary>The paths that earlier segments lose, in order.</summary>
    static byte[][] Gone(Segment newest, IReadOnlyCollection<string> removes, ImmutableArray<SegmentView> earlier)
    {
        if (removes.Count == 0 && !earlier.Any(view => Overlap(view.Segment, newest)))
        {
            return [];
        }

        var upserts = Enumerable.Range(0, newest.Count).Select(newest.PathUtf8);
        if (removes.Count == 0)
        {
            return [.. upserts];
        }

        byte[][] gone = [.. upserts, .. removes.Select(Encoding.UTF8.GetBytes)];
        Array.Sort(gone, (one, other) => one.AsSpan().SequenceCompareTo(other));
        return gone;
    }

    /// <summary>Whether a segment has files between another's first and last path.</summary>
    static bool Overlap(Segment one, Segment other) =>
        other.Count > 0 && one.LowerBound(other.PathUtf8(0)) != one.LowerBound([.. other.PathUtf8(other.Count - 1), 0]);

    /// <summary>Those of some paths, in order, that are alive in a segment. What comes behind its last file costs two looks.</summary>
    static List<int> Among(SegmentView view, byte[][] paths)
    {
        var found = new List<int>();
        if (paths.Length == 0 || view.Segment.LowerBound(paths[0]) == view.Segment.LowerBound([.. paths[^1], 0]))
        {
            return found;
        }

        foreach (var path in paths)
        {
            var index = view.Segment.IndexOf(path);
            if (index >= 0 && view.IsAlive(index) && (found.Count == 0 || found[^1] != index))
            {
                found.Add(index);
            }
        }

        return found;
    }

    public FileRef? Find(string path)
    {
        var utf8 = Encoding.UTF8.GetBytes(path);
        foreach (var view in Segments)
        {
            var index = view.Segment.IndexOf(utf8);
            if (index >= 0 && view.IsAlive(index))
            {
                return new FileRef(view.Segment, index);
            }
        }

        return null;
    }

    /// <summary>The files with that root, of any length.</summary>
    public IEnumerable<FileRef> WithRoot(ContentRoot root) =>
        from view in Segments
        from index in view.Segment.WithRoot(root)
        where view.IsAlive(index)
        select new FileRef(view.Segment, index);

    /// <summary>The first file, by path, with that content.</summary>
    public FileRef? WithContent(ContentId content) =>
        WithRoot(content.Root).Where(file => file.Segment.Size(file.Index) == content.Length).Select(file => (FileRef?)file).FirstOrDefault();

    /// <summary>Every content, one entry a file.</summary>
    public IEnumerable<ContentId> Contents() => Segments.SelectMany(view =>
        view.DeadCount == 0 ? view.Segment.Contents : Contents(view.Segment, Enumerable.Range(0, view.Segment.Count).Where(view.IsAlive)));

    /// <summary>Files in the order of their paths' bytes, from the first that is not below the given path.</summary>
    public IEnumerable<FileRef> From(string path)
    {
        var utf8 = Encoding.UTF8.GetBytes(path);
        var heads = Segments.Select(view => view.NextAlive(view.Segment.LowerBound(utf8))).ToArray();
        while (true)
        {
            var least = Least(heads);
            if (least < 0)
            {
                yield break;
            }

            yield return new FileRef(Segments[least].Segment, heads[least]);
            heads[least] = Segments[least].NextAlive(heads[least] + 1);
        }
    }

    int Least(int[] heads)
    {
        var least = -1;
        for (var i = 0; i < heads.Length; i++)
        {
            if (heads[i] < Segments[i].Segment.Count && (least < 0
                || Segments[i].Segment.Compare(heads[i], Segments[least].Segment, heads[least]) < 0))
            {
                least = i;
            }
        }

        return least;
    }

    static IEnumerable<ContentId> Contents(Segment segment, IEnumerable<int> indexes) =>
        from index in indexes
        where segment.HasRoot(index) && segment.Size(index) >= 0
        select new ContentId(segment.Root(index), segment.Size(index));

    /// <summary>Drops empty segments, rebuilds those that are mostly dead, and merges the newest where <see cref="SegmentTiers"/> says so.</summary>
    static void Compact(ImmutableArray<SegmentView>.Builder segments)
    {
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            if (segments[i].Alive == 0)
            {
                segments.RemoveAt(i);
            }
            else if (segments[i].DeadCount > segments[i].Alive)
            {
                segments[i] = new SegmentView(SegmentBuilder.Merge([segments[i]]), null, 0);
            }
        }

        var first = SegmentTiers.FirstToMerge([.. segments.Select(view => view.Alive)]);
        for (var text = segments.Skip(first).Sum(view => view.Segment.TextLength); text >= MostText; first++)
        {
            text -= segments[first].Segment.TextLength;
        }

        if (first < segments.Count - 1)
        {
            var merged = SegmentBuilder.Merge([.. segments.Skip(first)]);
            segments.RemoveRange(first, segments.Count - first);
            segments.Add(new SegmentView(merged, null, 0));
        }
    }
}
