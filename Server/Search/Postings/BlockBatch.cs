namespace P2P.Server.Search.Postings;

/// <summary>The next blocks that a search will look at, so that what it reads of them is fetched while it looks at those before.</summary>
sealed class BlockBatch
{
    const int Size = 64;

    /// <summary>How far ahead of a block that is looked at.</summary>
    const int Ahead = 3;

    readonly int[] _blocks = new int[Size];
    readonly MemberBlocks[] _members = new MemberBlocks[Size];
    int _count;

    public int Count => _count;

    /// <summary>A block, and whose it is.</summary>
    public (int Block, MemberBlocks Member) this[int at] => (_blocks[at], _members[at]);

    /// <summary>Takes the blocks at and behind one, as many as there is room for; false if there are none.</summary>
    public bool Fill(BlockMap map, in BlockCursor cursor, int from)
    {
        var member = default(MemberBlocks);
        for (_count = 0; _count < Size && (from = cursor.MoveTo(from)) != PostingCursor.End; _count++, from++)
        {
            Add(map, ref member, from);
        }

        FetchFirst(map);
        return _count > 0;
    }

    /// <summary>Takes blocks, as many as there is room for; false if there are none.</summary>
    public bool Fill(BlockMap map, ReadOnlySpan<int> blocks)
    {
        var member = default(MemberBlocks);
        for (_count = 0; _count < Math.Min(Size, blocks.Length); _count++)
        {
            Add(map, ref member, blocks[_count]);
        }

        FetchFirst(map);
        return _count > 0;
    }

    /// <summary>A block is about to be looked at: those that come next are fetched.</summary>
    public void FetchAhead(BlockMap map, int at)
    {
        if (at + Ahead < _count)
        {
            map.FetchAhead(_members[at + Ahead], _blocks[at + Ahead]);
        }
    }

    void Add(BlockMap map, ref MemberBlocks member, int block)
    {
        if (block >= member.Behind)
        {
            member = map.At(block);
        }

        (_blocks[_count], _members[_count]) = (block, member);
        map.FetchPlace(member, block);
    }

    void FetchFirst(BlockMap map)
    {
        for (var at = 0; at < Math.Min(Ahead, _count); at++)
        {
            map.FetchAhead(_members[at], _blocks[at]);
        }
    }
}
