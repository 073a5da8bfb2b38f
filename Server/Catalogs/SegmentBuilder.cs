using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;

namespace P2P.Server.Catalogs;

/// <summary>Builds segments from files that come in order of their paths.</summary>
sealed class SegmentBuilder
{
    const int UsualNameBytes = 24;

    readonly FolderColumn.Builder _folders = new();
    readonly NameColumn.Builder _names;
    readonly List<FileFacts> _facts;

    /// <param name="files">How many will come.</param>
    /// <param name="nameBytes">About how many bytes their names have.</param>
    SegmentBuilder(int files, int nameBytes) => (_names, _facts) = (new NameColumn.Builder(files, nameBytes), new List<FileFacts>(files));

    /// <summary>A segment of a batch; of two entries with one path the later counts.</summary>
    public static Segment Build(IEnumerable<FileEntry> entries)
    {
        var files = entries.Select(entry => (Path: Encoding.UTF8.GetBytes(entry.Path), Entry: entry)).ToArray();
        for (var i = 1; i < files.Length; i++)
        {
            if (files[i - 1].Path.AsSpan().SequenceCompareTo(files[i].Path) >= 0)
            {
                files = Sort(files);
                break;
            }
        }

        var builder = new SegmentBuilder(files.Length, files.Length * UsualNameBytes);
        foreach (var (path, entry) in files)
        {
            var name = path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1);
            builder.Add(path.AsSpan(0, path.Length - name.Length), Folded(name), name, FileFacts.Of(entry));
        }

        return builder.Build();
    }

    /// <summary>The files of both that are alive, in order. No path is alive in both.</summary>
    public static Segment Merge(SegmentView one, SegmentView other)
    {
        var builder = new SegmentBuilder(one.Alive + other.Alive, one.Segment.Names.Text.Length + other.Segment.Names.Text.Length);
        var (first, second) = (new Reader(one), new Reader(other));
        if (StandsBefore(one.Segment, other.Segment))
        {
            first.MoveAllTo(builder);
        }

        while (!first.IsDone || !second.IsDone)
        {
            var next = second.IsDone || (!first.IsDone && first.Segment.Compare(first.Index, second.Segment, second.Index) < 0) ? first : second;
            next.MoveTo(builder);
        }

        return builder.Build();
    }

    /// <summary>Whether all paths of a segment are below those of another: peers send their files in order.</summary>
    static bool StandsBefore(Segment one, Segment other) => one.Count > 0 && other.Count > 0 && one.Compare(one.Count - 1, other, 0) < 0;

    public static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>In order, and of equal paths only the last.</summary>
    static (byte[] Path, FileEntry Entry)[] Sort((byte[] Path, FileEntry Entry)[] files)
    {
        var last = new Dictionary<string, (byte[], FileEntry)>(files.Length, StringComparer.Ordinal);
        foreach (var file in files)
        {
            last[file.Entry.Path] = file;
        }

        var sorted = last.Values.ToArray();
        Array.Sort(sorted, (one, other) => one.Item1.AsSpan().SequenceCompareTo(other.Item1));
        return sorted;
    }

    static ReadOnlySpan<byte> Folded(ReadOnlySpan<byte> name)
    {
        if (!Ascii.IsValid(name))
        {
            return Fold.Utf8(Encoding.UTF8.GetString(name));
        }

        if (!name.ContainsAnyInRange((byte)'A', (byte)'Z'))
        {
            return name;
        }

        var folded = new byte[name.Length];
        Ascii.ToLower(name, folded, out _);
        return folded;
    }

    void Add(ReadOnlySpan<byte> folder, ReadOnlySpan<byte> folded, ReadOnlySpan<byte> name, in FileFacts facts)
    {
        _folders.Add(folder);
        _names.Add(folded, name);
        _facts.Add(facts);
    }

    Segment Build() => new(_folders.Build(), _names.Build(), FactColumns.Of(CollectionsMarshal.AsSpan(_facts)));

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
