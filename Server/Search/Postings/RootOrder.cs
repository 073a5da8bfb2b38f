using System.Buffers.Binary;
using System.Numerics;
using P2P.Content;

namespace P2P.Server.Search.Postings;

/// <summary>The files of a part in the order of their roots. Immutable, and without the roots themselves.</summary>
sealed class RootOrder(int[] files)
{
    const int KeyBits = 64;

    /// <summary>Files of a drawer, when roots are as evenly spread as hashes are; and bits that tell drawers apart, at most.</summary>
    const int FilesPerDrawer = 4;
    const int MostDrawerBits = 16;

    /// <summary>Sorts files by their roots; those without one are left out.</summary>
    public static RootOrder Of(IEnumerable<(int File, ContentRoot Root)> roots, int most)
    {
        // Not from a pool: what a large part needs once would be kept for the next, which may never come.
        var (keys, files, count) = (GC.AllocateUninitializedArray<ulong>(most), GC.AllocateUninitializedArray<int>(most), 0);
        foreach (var (file, root) in roots)
        {
            keys[count] = Key(root);
            files[count++] = file;
        }

        return new RootOrder(Sorted(keys.AsSpan(0, count), files.AsSpan(0, count)));
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

    /// <summary>
    /// Puts files into drawers by the first bits of their keys, and sorts each drawer by itself: where roots are hashes there is little left to sort,
    /// and where somebody made them up it takes as long as any sorting.
    /// </summary>
    static int[] Sorted(ReadOnlySpan<ulong> keys, ReadOnlySpan<int> files)
    {
        var bits = Math.Clamp(BitOperations.Log2((uint)Math.Max(1, keys.Length / FilesPerDrawer)), 0, MostDrawerBits);
        int Drawer(ulong key) => bits == 0 ? 0 : (int)(key >> (KeyBits - bits));
        var ends = new int[1 << bits];
        foreach (var key in keys)
        {
            ends[Drawer(key)]++;
        }

        // Where each drawer begins, and, once it is full, ends.
        for (var (drawer, start) = (0, 0); drawer < ends.Length; drawer++)
        {
            (ends[drawer], start) = (start, start + ends[drawer]);
        }

        var (sortedKeys, sorted) = (GC.AllocateUninitializedArray<ulong>(keys.Length), new int[files.Length]);
        for (var i = 0; i < keys.Length; i++)
        {
            var place = ends[Drawer(keys[i])]++;
            (sortedKeys[place], sorted[place]) = (keys[i], files[i]);
        }

        for (var (drawer, start) = (0, 0); drawer < ends.Length; drawer++)
        {
            sortedKeys.AsSpan(start..ends[drawer]).Sort(sorted.AsSpan(start..ends[drawer]));
            start = ends[drawer];
        }

        return sorted;
    }

    static ulong Key(in ContentRoot root) => BinaryPrimitives.ReadUInt64BigEndian(root.Bytes);
}
