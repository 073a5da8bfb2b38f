using System.Text;
using P2P.Content;

namespace P2P.Server.Catalogs;

/// <summary>
/// An immutable run of one peer's files in the order of their paths' UTF-8 bytes, kept in a few flat columns. It is the only place
/// where their names are: the index of names points here.
/// </summary>
sealed class Segment
{
    readonly FactColumns _facts;
    readonly Lazy<int[]> _byRoot;

    internal Segment(FolderColumn folders, NameColumn names, FactColumns facts)
    {
        (Folders, Names, _facts) = (folders, names, facts);
        _byRoot = new Lazy<int[]>(OrderByRoot);
    }

    public int Count => Names.Count;

    public NameColumn Names { get; }

    public FolderColumn Folders { get; }

    public int BlockCount => (Count + NameColumn.BlockSize - 1) / NameColumn.BlockSize;

    /// <summary>Bytes of text, for the bound on what one segment may hold.</summary>
    public long TextLength => (long)Folders.TextLength + Names.Text.Length;

    /// <summary>The path, in a new array.</summary>
    public byte[] PathUtf8(int index)
    {
        Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
        return [.. Folders.Folder(Folders.RunOf(index)), .. Names.Original(index, scratch)];
    }

    public string Path(int index) => Encoding.UTF8.GetString(PathUtf8(index));

    /// <summary>What is known of the files, for whoever takes it as a whole.</summary>
    public FactColumns FactColumns => _facts;

    public FileFacts Facts(int index) => _facts[index];

    public long Size(int index) => _facts.Size(index);

    /// <summary>Bytes of the files from one to before another, as far as sizes are known.</summary>
    public long SizeBetween(int first, int behind) => _facts.SizeBetween(first, behind);

    public bool HasRoot(int index) => _facts.HasRoot(index);

    /// <summary>The root of a file that has one.</summary>
    public ref readonly ContentRoot Root(int index) => ref _facts.Root(index);

    /// <summary>Every content, one entry a file.</summary>
    public IEnumerable<ContentId> Contents
    {
        get
        {
            for (var index = 0; index < Count; index++)
            {
                if (HasRoot(index) && Size(index) is >= 0 and var size)
                {
                    yield return new ContentId(Root(index), size);
                }
            }
        }
    }

    /// <summary>The first file whose path is not below the given one.</summary>
    public int LowerBound(ReadOnlySpan<byte> path)
    {
        // The last run that begins below the path holds the place, or the next run begins there.
        var (low, high) = (-1, Folders.Runs);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = Compare(middle, Folders.First(middle), path) < 0 ? (middle, high) : (low, middle);
        }

        if (low < 0)
        {
            return 0;
        }

        var (first, behind) = (Folders.First(low), Folders.First(low + 1));
        while (behind - first > 1)
        {
            var middle = (first + behind) / 2;
            (first, behind) = Compare(low, middle, path) < 0 ? (middle, behind) : (first, middle);
        }

        return behind;
    }

    /// <summary>The file of that path, or -1.</summary>
    public int IndexOf(ReadOnlySpan<byte> path)
    {
        var index = LowerBound(path);
        return index < Count && Compare(Folders.RunOf(index), index, path) == 0 ? index : -1;
    }

    /// <summary>The order of two files by their paths.</summary>
    public int Compare(int index, Segment other, int otherIndex)
    {
        var folder = Folders.Folder(Folders.RunOf(index));
        var others = other.Folders.Folder(other.Folders.RunOf(otherIndex));
        Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
        if (folder.SequenceEqual(others))
        {
            Span<byte> second = stackalloc byte[NameColumn.ScratchBytes];
            return Names.Original(index, scratch).SequenceCompareTo(other.Names.Original(otherIndex, second));
        }

        var shared = folder.CommonPrefixLength(others);
        return shared < folder.Length && shared < others.Length
            ? folder[shared].CompareTo(others[shared])
            : Compare(Folders.RunOf(index), index, other.PathUtf8(otherIndex));
    }

    /// <summary>The files with that root.</summary>
    public IEnumerable<int> WithRoot(ContentRoot root)
    {
        var order = _byRoot.Value;
        var (low, high) = (0, order.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Root(order[middle]).CompareTo(root) < 0 ? (middle + 1, high) : (low, middle);
        }

        for (; low < order.Length && Root(order[low]) == root; low++)
        {
            yield return order[low];
        }
    }

    int Compare(int run, int index, ReadOnlySpan<byte> path)
    {
        var folder = Folders.Folder(run);
        if (!path.StartsWith(folder))
        {
            return folder.SequenceCompareTo(path);
        }

        Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
        return Names.Original(index, scratch).SequenceCompareTo(path[folder.Length..]);
    }

    int[] OrderByRoot()
    {
        var order = Enumerable.Range(0, Count).Where(HasRoot).ToArray();
        Array.Sort(order, (one, other) =>
        {
            var byRoot = Root(one).CompareTo(Root(other));
            return byRoot != 0 ? byRoot : one.CompareTo(other);
        });
        return order;
    }
}
