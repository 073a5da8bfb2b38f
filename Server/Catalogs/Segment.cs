using System.Text;
using P2P.Content;

namespace P2P.Server.Catalogs;

/// <summary>
/// An immutable run of one peer's files in the order of their paths' UTF-8 bytes, kept in a few flat arrays.
/// <see cref="Names"/> holds the folded base names as one text, each between two line feeds, so that a search is one scan.
/// </summary>
sealed class Segment
{
    readonly byte[] _paths;
    readonly int[] _pathStarts;
    readonly int[] _nameStarts;
    readonly FileFacts[] _facts;
    readonly Lazy<int[]> _byRoot;

    internal Segment(byte[] paths, int[] pathStarts, byte[] names, int[] nameStarts, FileFacts[] facts)
    {
        _paths = paths;
        _pathStarts = pathStarts;
        Names = names;
        _nameStarts = nameStarts;
        _facts = facts;
        _byRoot = new Lazy<int[]>(OrderByRoot);
    }

    public int Count => _facts.Length;

    /// <summary>A line feed, then each folded base name with a line feed behind it. No name contains one.</summary>
    public byte[] Names { get; }

    /// <summary>Bytes of text, for the bound on what one segment may hold.</summary>
    public long TextLength => (long)_paths.Length + Names.Length;

    public ReadOnlySpan<byte> PathUtf8(int index) => _paths.AsSpan(_pathStarts[index].._pathStarts[index + 1]);

    public string Path(int index) => Encoding.UTF8.GetString(PathUtf8(index));

    /// <summary>The base name as published.</summary>
    public ReadOnlySpan<byte> BaseNameUtf8(int index)
    {
        var path = PathUtf8(index);
        return path[(path.LastIndexOf((byte)'/') + 1)..];
    }

    /// <summary>The folded base name.</summary>
    public ReadOnlySpan<byte> Name(int index) => Names.AsSpan(_nameStarts[index]..(_nameStarts[index + 1] - 1));

    /// <summary>Where the folded base name begins in <see cref="Names"/>; of <see cref="Count"/>, their end.</summary>
    public int NameStart(int index) => _nameStarts[index];

    /// <summary>Files are looked up by name in blocks of so many.</summary>
    public const int BlockSize = 32;

    public int BlockCount => (Count + BlockSize - 1) / BlockSize;

    /// <summary>The folded base names of a block, with a line feed before and behind each.</summary>
    public ReadOnlySpan<byte> BlockText(int block) =>
        Names.AsSpan((_nameStarts[block * BlockSize] - 1).._nameStarts[Math.Min(Count, (block + 1) * BlockSize)]);

    public ref readonly FileFacts Facts(int index) => ref _facts[index];

    /// <summary>The file whose folded name covers a position in <see cref="Names"/>, searching upward from a file known to be before it.</summary>
    public int FileAt(int position, int from)
    {
        var step = 1;
        var high = from + 1;
        while (high < Count && _nameStarts[high] <= position)
        {
            from = high;
            high = Math.Min(Count, high + step);
            step *= 2;
        }

        while (high - from > 1)
        {
            var middle = (from + high) / 2;
            (from, high) = _nameStarts[middle] <= position ? (middle, high) : (from, middle);
        }

        return from;
    }

    /// <summary>The first file whose path is not below the given one.</summary>
    public int LowerBound(ReadOnlySpan<byte> path)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = PathUtf8(middle).SequenceCompareTo(path) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The file of that path, or -1.</summary>
    public int IndexOf(ReadOnlySpan<byte> path)
    {
        var index = LowerBound(path);
        return index < Count && PathUtf8(index).SequenceEqual(path) ? index : -1;
    }

    /// <summary>The files with that root.</summary>
    public IEnumerable<int> WithRoot(ContentRoot root)
    {
        var order = _byRoot.Value;
        var (low, high) = (0, order.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _facts[order[middle]].Root!.Value.CompareTo(root) < 0 ? (middle + 1, high) : (low, middle);
        }

        for (; low < order.Length && _facts[order[low]].Root == root; low++)
        {
            yield return order[low];
        }
    }

    int[] OrderByRoot()
    {
        var order = Enumerable.Range(0, Count).Where(index => _facts[index].Root is not null).ToArray();
        Array.Sort(order, (one, other) =>
        {
            var byRoot = _facts[one].Root!.Value.CompareTo(_facts[other].Root!.Value);
            return byRoot != 0 ? byRoot : one.CompareTo(other);
        });
        return order;
    }
}
