using System.Buffers;
using System.Buffers.Binary;
using P2P.Content;

namespace P2P.Server.Search.Postings;

/// <summary>The files of a part in the order of their roots. Immutable, and without the roots themselves.</summary>
sealed class RootOrder(int[] files)
{
    /// <summary>Sorts files by their roots; those without one are left out.</summary>
    public static RootOrder Of(IEnumerable<(int File, ContentRoot Root)> roots, int most)
    {
        var (keys, files, count) = (ArrayPool<ulong>.Shared.Rent(most), new int[most], 0);
        foreach (var (file, root) in roots)
        {
            keys[count] = Key(root);
            files[count++] = file;
        }

        Array.Sort(keys, files, 0, count);
        ArrayPool<ulong>.Shared.Return(keys);
        return new RootOrder(count == most ? files : files[..count]);
    }

    /// <summary>The files whose roots begin as a root does.</summary>
    public IEnumerable<int> Find(ContentRoot root, Func<int, ContentRoot> rootOf)
    {
        var key = Key(root);
        var (low, high) = (0, files.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Key(rootOf(files[middle])) < key ? (middle + 1, high) : (low, middle);
        }

        for (; low < files.Length && Key(rootOf(files[low])) == key; low++)
        {
            yield return files[low];
        }
    }

    static ulong Key(in ContentRoot root) => BinaryPrimitives.ReadUInt64BigEndian(root.Bytes);
}
