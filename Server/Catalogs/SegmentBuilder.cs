using System.Buffers;
using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;

namespace P2P.Server.Catalogs;

/// <summary>Builds segments from files that come in order of their paths.</summary>
sealed class SegmentBuilder
{
    readonly FolderColumn.Builder _folders = new();
    readonly NameColumn.Builder _names;
    readonly FactColumns.Builder _facts;

    /// <param name="files">How many will come.</param>
    /// <param name="nameBytes">About how many bytes their names have, with one more each.</param>
    public SegmentBuilder(int files, int nameBytes) => (_names, _facts) = (new NameColumn.Builder(files, nameBytes), new FactColumns.Builder(files));

    /// <summary>A segment of a batch; of two entries with one path the later counts.</summary>
    public static Segment Build(IReadOnlyCollection<FileEntry> entries)
    {
        var text = ArrayPool<byte>.Shared.Rent(Math.Max(1, entries.Sum(entry => Encoding.UTF8.GetMaxByteCount(entry.Path.Length))));
        try
        {
            var files = Places(entries, text, out var nameBytes);
            var builder = new SegmentBuilder(files.Length, nameBytes);
            foreach (var (start, length, entry) in files)
            {
                builder.Add(text.AsSpan(start, length), FileFacts.Of(entry));
            }

            return builder.Build();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    /// <summary>Writes the paths into a text, and says where each stands, in their order.</summary>
    /// <param name="nameBytes">What the base names have, with one more each.</param>
    static (int Start, int Length, FileEntry Entry)[] Places(IReadOnlyCollection<FileEntry> entries, byte[] text, out int nameBytes)
    {
        var files = new (int Start, int Length, FileEntry Entry)[entries.Count];
        var (count, end, isInOrder) = (0, 0, true);
        nameBytes = 0;
        foreach (var entry in entries)
        {
            var length = Encoding.UTF8.GetBytes(entry.Path, text.AsSpan(end));
            var path = text.AsSpan(end, length);
            nameBytes += length - path.LastIndexOf((byte)'/');
            isInOrder &= count == 0 || text.AsSpan(files[count - 1].Start, files[count - 1].Length).SequenceCompareTo(path) < 0;
            files[count++] = (end, length, entry);
            end += length;
        }

        return isInOrder ? files : Sort(files, text);
    }

    /// <summary>The files of all that are alive, in order. No path is alive in two of them.</summary>
    public static Segment Merge(IReadOnlyList<SegmentView> views)
    {
        for (var i = 1; i < views.Count; i++)
        {
            if (!StandsBefore(views[i - 1].Segment, views[i].Segment))
            {
                // The newest are the shortest.
                return views.Reverse().Aggregate((later, earlier) => new SegmentView(Merge(earlier, later), null, 0)).Segment;
            }
        }

        var builder = For(views);
        foreach (var view in views)
        {
            builder.AddAll(view);
        }

        return builder.Build();
    }

    static Segment Merge(SegmentView one, SegmentView other)
    {
        if (StandsBefore(one.Segment, other.Segment))
        {
            return Merge([one, other]);
        }

        var builder = For([one, other]);
        var (first, second) = (new Reader(one), new Reader(other));
        while (!first.IsDone || !second.IsDone)
        {
            var next = second.IsDone || (!first.IsDone && first.Segment.Compare(first.Index, second.Segment, second.Index) < 0) ? first : second;
            next.MoveTo(builder);
        }

        return builder.Build();
    }

    /// <summary>For what is alive of some segments. Each text begins with a line feed that belongs to no name.</summary>
    static SegmentBuilder For(IReadOnlyList<SegmentView> views) =>
        new(views.Sum(view => view.Alive), views.Sum(view => view.Segment.Names.Text.Length - 1));

    /// <summary>Whether all paths of a segment are below those of another: peers send their files in order.</summary>
    public static bool StandsBefore(Segment one, Segment other) => one.Count > 0 && other.Count > 0 && one.Compare(one.Count - 1, other, 0) < 0;

    public static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>In order, and of equal paths only the last.</summary>
    static (int Start, int Length, FileEntry Entry)[] Sort((int Start, int Length, FileEntry Entry)[] files, byte[] text)
    {
        var last = new Dictionary<string, (int Start, int Length, FileEntry)>(files.Length, StringComparer.Ordinal);
        foreach (var file in files)
        {
            last[file.Entry.Path] = file;
        }

        var sorted = last.Values.ToArray();
        Array.Sort(sorted, (one, other) => text.AsSpan(one.Start, one.Length).SequenceCompareTo(text.AsSpan(other.Start, other.Length)));
        return sorted;
    }

    static ReadOnlySpan<byte> Folded(ReadOnlySpan<byte> name, Span<byte> scratch)
    {
        if (!Ascii.IsValid(name))
        {
            return Fold.Utf8(Encoding.UTF8.GetString(name));
        }

        if (!name.ContainsAnyInRange((byte)'A', (byte)'Z'))
        {
            return name;
        }

        var folded = name.Length <= scratch.Length ? scratch[..name.Length] : new byte[name.Length];
        Ascii.ToLower(name, folded, out _);
        return folded;
    }

    /// <summary>Adds a file behind all others.</summary>
    public void Add(ReadOnlySpan<byte> path, in FileFacts facts)
    {
        Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
        var name = path[(path.LastIndexOf((byte)'/') + 1)..];
        Add(path[..^name.Length], Folded(name, scratch), name, facts);
    }

    void AddAll(SegmentView view)
    {
        if (view.DeadCount > 0)
        {
            new Reader(view).MoveAllTo(this);
            return;
        }

        _folders.AddAll(view.Segment.Folders);
        _names.AddAll(view.Segment.Names);
        _facts.AddAll(view.Segment.FactColumns);
    }

    void Add(ReadOnlySpan<byte> folder, ReadOnlySpan<byte> folded, ReadOnlySpan<byte> name, in FileFacts facts)
    {
        _folders.Add(folder);
        _names.Add(folded, name);
        _facts.Add(facts);
    }

    /// <summary>Ends it: nothing may be added any more.</summary>
    public Segment Build() => new(_folders.Build(), _names.Build(), _facts.Build());

    /// <summary>Goes through the files of a segment that are alive.</summary>
    sealed class Reader(SegmentView view)
    {
        int _run;

        public Segment Segment => view.Segment;

        public int Index { get; private set; } = view.NextAlive(0);

        public bool IsDone => Index >= Segment.Count;

        public void MoveAllTo(SegmentBuilder builder)
        {
            while (!IsDone)
            {
                MoveTo(builder);
            }
        }

        public void MoveTo(SegmentBuilder builder)
        {
            while (Segment.Folders.First(_run + 1) <= Index)
            {
                _run++;
            }

            Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
            builder.Add(
                Segment.Folders.Folder(_run), Segment.Names.Folded(Index), Segment.Names.Original(Index, scratch), Segment.Facts(Index));
            Index = view.NextAlive(Index + 1);
        }
    }
}
