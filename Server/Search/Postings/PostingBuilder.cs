using System.Numerics;

namespace P2P.Server.Search.Postings;

/// <summary>
/// Builds a table in two passes over the same blocks: the first counts, so that the second writes every list to its place and
/// nothing is copied.
/// </summary>
sealed class PostingBuilder(int blocks)
{
    /// <summary>Kept from one table to the next, with nothing in it: to clear and to fetch it anew would cost a small table more than its terms.</summary>
    static Workspace? spare;

    readonly Workspace _workspace = Interlocked.Exchange(ref spare, null) ?? new Workspace();
    int _block;

    /// <summary>What is known of a term. It lies in one place, since the terms of a text lie far from one another.</summary>
    internal struct TermState
    {
        /// <summary>The last block that has it, counted from 1.</summary>
        public int Last;

        public int Count;

        /// <summary>Bytes of its list; in the second pass where to write next, or of a bitmap the complement of its beginning.</summary>
        public int Bytes;
    }

    /// <summary>The state of all terms, and which of them occur.</summary>
    internal sealed class Workspace
    {
        public readonly TermState[] Terms = new TermState[Postings.Terms.Count];
        public readonly ulong[] Seen = new ulong[Postings.Terms.Count / 64];
    }

    /// <summary>Takes a text of the block in the first pass: names, with a line feed before and behind each.</summary>
    public void Count(ReadOnlySpan<byte> text)
    {
        var sink = new Counting { States = _workspace.Terms, Seen = _workspace.Seen, Block = _block + 1 };
        Terms.Walk(text, ref sink);
    }

    /// <summary>What comes now is of the next block.</summary>
    public void NextBlock() => _block++;

    /// <summary>Ends the first pass.</summary>
    public Writer Allocate()
    {
        var (terms, lists) = (new List<int>(), new List<PostingTable.List>());
        var bitmap = (blocks + 7) / 8;
        var start = 0;
        for (var i = 0; i < _workspace.Seen.Length; i++)
        {
            for (var seen = _workspace.Seen[i]; seen != 0; seen &= seen - 1)
            {
                var term = (i * 64) + BitOperations.TrailingZeroCount(seen);
                ref var state = ref _workspace.Terms[term];
                var (isBitmap, bytes) = (bitmap < state.Bytes, Math.Min(bitmap, state.Bytes));
                terms.Add(term);
                lists.Add(PostingTable.List.Of(start, state.Count, isBitmap));
                state = new TermState { Bytes = isBitmap ? ~start : start };
                start = checked(start + bytes);
            }
        }

        return new Writer(blocks, [.. terms], [.. lists], _workspace, new byte[start]);
    }

    /// <summary>The second pass.</summary>
    internal sealed class Writer(int blocks, int[] terms, PostingTable.List[] lists, Workspace workspace, byte[] data)
    {
        int _block;

        /// <summary>Takes a text of the block.</summary>
        public void Write(ReadOnlySpan<byte> text)
        {
            var sink = new Writing { States = workspace.Terms, Data = data, Block = _block + 1 };
            Terms.Walk(text, ref sink);
        }

        /// <summary>What comes now is of the next block.</summary>
        public void NextBlock() => _block++;

        /// <summary>Ends the second pass; nothing may be written any more.</summary>
        public PostingTable Finish()
        {
            foreach (var term in terms)
            {
                workspace.Terms[term] = default;
            }

            workspace.Seen.AsSpan().Clear();
            Volatile.Write(ref spare, workspace);
            return new PostingTable(blocks, terms, lists, data);
        }
    }

    ref struct Counting : ITermSink
    {
        public required Span<TermState> States { get; init; }

        public required Span<ulong> Seen { get; init; }

        public required int Block { get; init; }

        public readonly void Add(int term)
        {
            ref var state = ref States[term];
            if (state.Last == Block)
            {
                return;
            }

            if (state.Count++ == 0)
            {
                Seen[term >> 6] |= 1UL << (term & 63);
            }

            state.Bytes += Length(Block - state.Last);
            state.Last = Block;
        }

        static int Length(int difference) => difference < 1 << 7 ? 1 : difference < 1 << 14 ? 2 : difference < 1 << 21 ? 3 : 4;
    }

    ref struct Writing : ITermSink
    {
        public required Span<TermState> States { get; init; }

        public required Span<byte> Data { get; init; }

        public required int Block { get; init; }

        public readonly void Add(int term)
        {
            ref var state = ref States[term];
            if (state.Last == Block)
            {
                return;
            }

            var block = Block - 1;
            if (state.Bytes < 0)
            {
                Data[~state.Bytes + (block >> 3)] |= (byte)(1 << (block & 7));
            }
            else
            {
                state.Bytes = Write(state.Bytes, Block - state.Last);
            }

            state.Last = Block;
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
