using System.Buffers;
using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;

namespace P2P.Server.Catalogs;

/// <summary>Builds segments from files that come in order of their paths.</summary>
sealed class SegmentBuilder
{
    readonly ArrayBufferWriter<byte> _paths = new();
    readonly ArrayBufferWriter<byte> _names = new();
    readonly List<int> _pathStarts = [];
    readonly List<int> _nameStarts = [];
    readonly List<FileFacts> _facts = [];

    public SegmentBuilder() => _names.Write("\n"u8);

    /// <summary>A segment of a batch; of two entries with one path the later counts.</summary>
    public static Segment Build(IEnumerable<FileEntry> entries)
    {
        var last = new Dictionary<string, FileEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            last[entry.Path] = entry;
        }

        var sorted = last.Values.Select(entry => (Path: Encoding.UTF8.GetBytes(entry.Path), Entry: entry)).ToArray();
        Array.Sort(sorted, (one, other) => one.Path.AsSpan().SequenceCompareTo(other.Path));
        var builder = new SegmentBuilder();
        foreach (var (path, entry) in sorted)
        {
            builder.Add(path, Fold.Utf8(BaseName(entry.Path)), FileFacts.Of(entry));
        }

        return builder.Build();
    }

    /// <summary>The files of both that are alive, in order. No path is alive in both.</summary>
    public static Segment Merge(SegmentView one, SegmentView other)
    {
        var builder = new SegmentBuilder();
        var (i, j) = (one.NextAlive(0), other.NextAlive(0));
        while (i < one.Segment.Count || j < other.Segment.Count)
        {
            var fromOne = j >= other.Segment.Count
                || (i < one.Segment.Count && one.Segment.PathUtf8(i).SequenceCompareTo(other.Segment.PathUtf8(j)) < 0);
            if (fromOne)
            {
                builder.Copy(one.Segment, i);
                i = one.NextAlive(i + 1);
            }
            else
            {
                builder.Copy(other.Segment, j);
                j = other.NextAlive(j + 1);
            }
        }

        return builder.Build();
    }

    public static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    void Copy(Segment segment, int index) => Add(segment.PathUtf8(index), segment.Name(index), segment.Facts(index));

    void Add(ReadOnlySpan<byte> path, ReadOnlySpan<byte> foldedName, FileFacts facts)
    {
        _pathStarts.Add(_paths.WrittenCount);
        _paths.Write(path);
        _nameStarts.Add(_names.WrittenCount);
        _names.Write(foldedName);
        _names.Write("\n"u8);
        _facts.Add(facts);
    }

    Segment Build()
    {
        _pathStarts.Add(_paths.WrittenCount);
        _nameStarts.Add(_names.WrittenCount);
        return new Segment(_paths.WrittenSpan.ToArray(), [.. _pathStarts], _names.WrittenSpan.ToArray(), [.. _nameStarts], [.. _facts]);
    }
}
