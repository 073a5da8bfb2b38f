namespace P2P.Server.Search.Postings;

/// <summary>
/// Builds a table in two passes over the same blocks: the first counts, so that the second writes every list to its place and
/// nothing is copied.
/// </summary>
sealed class PostingBuilder(int blocks)
{
    readonly int[] _last = Unseen();
    readonly int[] _counts = new int[Terms.Count];
    readonly int[] _bytes = new int[Terms.Count];
    int _block;

    /// <summary>Takes a text of the block in the first pass: names, with a line feed before and behind each.</summary>
    public void Count(ReadOnlySpan<byte> text)
    {
        var sink = new Counting { Last = _last, Counts = _counts, Bytes = _bytes, Block = _block };
        Terms.Walk(text, ref sink);
    }

    /// <summary>What comes now is of the next block.</summary>
    public void NextBlock() => _block++;

    /// <summary>Ends the first pass.</summary>
    public Writer Allocate()
    {
        var (terms, lists, starts) = (new List<int>(), new List<PostingTable.List>(), new int[Terms.Count]);
        var bitmap = (blocks + 7) / 8;
        var start = 0;
        for (var term = 0; term < Terms.Count; term++)
        {
            if (_counts[term] == 0)
            {
                continue;
            }

            var isBitmap = bitmap < _bytes[term];
            terms.Add(term);
            lists.Add(PostingTable.List.Of(start, _counts[term], isBitmap));
            starts[term] = isBitmap ? ~start : start;
            start = checked(start + (isBitmap ? bitmap : _bytes[term]));
        }

        return new Writer(blocks, [.. terms], [.. lists], starts, new byte[start]);
    }

    static int[] Unseen()
    {
        var last = new int[Terms.Count];
        last.AsSpan().Fill(-1);
        return last;
    }

    /// <summary>The second pass.</summary>
    /// <param name="places">Of each term: where to write next; of a bitmap, the complement of its beginning.</param>
    internal sealed class Writer(int blocks, int[] terms, PostingTable.List[] lists, int[] places, byte[] data)
    {
        readonly int[] _last = Unseen();
        int _block;

        /// <summary>Takes a text of the block.</summary>
        public void Write(ReadOnlySpan<byte> text)
        {
            var sink = new Writing { Last = _last, Places = places, Data = data, Block = _block };
            Terms.Walk(text, ref sink);
        }

        /// <summary>What comes now is of the next block.</summary>
        public void NextBlock() => _block++;

        public PostingTable Finish() => new(blocks, terms, lists, data);
    }

    ref struct Counting : ITermSink
    {
        public required Span<int> Last { get; init; }

        public required Span<int> Counts { get; init; }

        public required Span<int> Bytes { get; init; }

        public required int Block { get; init; }

        public readonly void Add(int term)
        {
            ref var last = ref Last[term];
            if (last == Block)
            {
                return;
            }

            Counts[term]++;
            Bytes[term] += Length(Block - last);
            last = Block;
        }

        static int Length(int difference) => difference < 1 << 7 ? 1 : difference < 1 << 14 ? 2 : difference < 1 << 21 ? 3 : 4;
    }

    ref struct Writing : ITermSink
    {
        public required Span<int> Last { get; init; }

        public required Span<int> Places { get; init; }

        public required Span<byte> Data { get; init; }

        public required int Block { get; init; }

        public readonly void Add(int term)
        {
            ref var last = ref Last[term];
            if (last == Block)
            {
                return;
            }

            ref var place = ref Places[term];
            if (place < 0)
            {
                Data[~place + (Block >> 3)] |= (byte)(1 << (Block & 7));
            }
            else
            {
                place = Write(place, Block - last);
            }

            last = Block;
        }

        readonly int Write(int place, int difference)
        {
            for (; difference >= 0x80; difference >>= 7)
            {
                Data[place++] = (byte)(difference | 0x80);
            }

            Data[place] = (byte)difference;
            return place + 1;
        }
    }
}
