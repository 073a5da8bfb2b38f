using System.Numerics;
using System.Runtime.InteropServices;

namespace P2P.Server.Search.Postings;

/// <summary>
/// Which blocks of names have a term. Immutable. A term's blocks are written as varint differences, or as one bit a block where
/// that is shorter.
/// </summary>
/// <param name="blocks">How many blocks there are.</param>
/// <param name="terms">The terms that occur, ascending.</param>
/// <param name="lists">Of each of them: where its blocks are written, and how many they are. One more for the end.</param>
/// <param name="data">The blocks.</param>
sealed class PostingTable(int blocks, int[] terms, PostingTable.List[] lists, byte[] data)
{
    /// <summary>Searches begin at a term's upper half, so that they take few steps.</summary>
    const int JumpShift = 9;

    readonly int[] _jumps = Jumps(terms);

    /// <summary>Bit 31 of the count marks a bitmap.</summary>
    internal readonly record struct List(int Start, uint CountAndForm)
    {
        const uint BitmapForm = 1u << 31;

        public int Count => (int)(CountAndForm & ~BitmapForm);

        public bool IsBitmap => (CountAndForm & BitmapForm) != 0;

        public static List Of(int start, int count, bool isBitmap) => new(start, (uint)count | (isBitmap ? BitmapForm : 0));
    }

    public int Blocks => blocks;

    /// <summary>Bytes of memory.</summary>
    public long Size => ((long)terms.Length * (sizeof(int) + Marshal.SizeOf<List>())) + data.Length;

    /// <summary>A cursor over the blocks that have one of the terms; null if so many have that it is not worth while.</summary>
    public PostingCursor? Find(TermRange range)
    {
        if (range.IsOne)
        {
            var at = LowerBound(range.First);
            return at < terms.Length && terms[at] == range.First ? Cursor(lists[at]) : PostingCursor.None;
        }

        var (first, behind) = (LowerBound(range.First), LowerBound(range.Last + 1));
        long entries = 0;
        for (var i = first; i < behind; i++)
        {
            entries += lists[i].Count;
        }

        return entries == 0 ? PostingCursor.None : entries > blocks / 4 ? null : Union(first, behind);
    }

    PostingCursor Cursor(List list) => list.IsBitmap
        ? PostingCursor.OfBitmap(data, list.Start, blocks, list.Count)
        : PostingCursor.OfList(data, list.Start, list.Count);

    PostingCursor Union(int first, int behind)
    {
        var bits = new byte[(blocks + 7) / 8];
        for (var i = first; i < behind; i++)
        {
            var cursor = Cursor(lists[i]);
            for (var block = cursor.MoveTo(0); block != PostingCursor.End; block = cursor.MoveTo(block + 1))
            {
                bits[block >> 3] |= (byte)(1 << (block & 7));
            }
        }

        var count = 0;
        foreach (var part in bits)
        {
            count += BitOperations.PopCount(part);
        }

        return PostingCursor.OfBitmap(bits, 0, blocks, count);
    }

    int LowerBound(int term)
    {
        if (term >= Terms.Count)
        {
            return terms.Length;
        }

        var (low, high) = (_jumps[term >> JumpShift], _jumps[(term >> JumpShift) + 1]);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = terms[middle] < term ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    static int[] Jumps(int[] terms)
    {
        var jumps = new int[(Terms.Count >> JumpShift) + 1];
        var at = 0;
        for (var i = 0; i < jumps.Length; i++)
        {
            while (at < terms.Length && terms[at] < i << JumpShift)
            {
                at++;
            }

            jumps[i] = at;
        }

        return jumps;
    }
}
