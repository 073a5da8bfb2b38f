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
    /// <summary>Searches begin at a term's upper bits, so that they take few steps.</summary>
    const int JumpShift = 6;

    readonly int[] _jumps = Jumps(terms);

    /// <summary>Bit 31 of the count marks a bitmap.</summary>
    internal readonly record struct List(int Start, uint CountAndForm)
    {
        const uint BitmapForm = 1u << 31;

        public int Count => (int)(CountAndForm & ~BitmapForm);

        public bool IsBitmap => (CountAndForm & BitmapForm) != 0;

        public static List Of(int start, int count, bool isBitmap) => new(start, (uint)count | (isBitmap ? BitmapForm : 0));
    }

    /// <summary>Lists that lie side by side.</summary>
    internal readonly record struct Found(int First, int Behind, int Count);

    public int Blocks => blocks;

    /// <summary>Bytes of memory.</summary>
    public long Size => ((long)terms.Length * (sizeof(int) + Marshal.SizeOf<List>())) + data.Length;

    /// <summary>The lists of some terms, and at most how many blocks they have.</summary>
    public Found Find(TermRange range)
    {
        var first = LowerBound(range.First);
        if (range.IsOne)
        {
            return first < terms.Length && terms[first] == range.First ? new Found(first, first + 1, lists[first].Count) : default;
        }

        var behind = LowerBound(range.Last + 1);
        long entries = 0;
        for (var i = first; i < behind; i++)
        {
            entries += lists[i].Count;
        }

        return new Found(first, behind, (int)Math.Min(entries, blocks));
    }

    /// <summary>A cursor over the blocks that have one of the terms; null if so many have that it is not worth while.</summary>
    public PostingCursor? Open(Found found) => (found.Behind - found.First) switch
    {
        0 => PostingCursor.None,
        1 => Cursor(lists[found.First]),
        _ => found.Count > blocks / 4 ? null : Union(found.First, found.Behind),
    };

    PostingCursor Cursor(List list) => list.IsBitmap
        ? PostingCursor.OfBitmap(data, list.Start, blocks, list.Count)
        : PostingCursor.OfList(data, list.Start, list.Count);

    PostingCursor Union(int first, int behind)
    {
        var union = new BlockSet(blocks);
        for (var i = first; i < behind; i++)
        {
            union.Add(Cursor(lists[i]));
        }

        return union.ToCursor();
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
