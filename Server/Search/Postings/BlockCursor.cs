namespace P2P.Server.Search.Postings;

/// <summary>Goes through the blocks that have all of several terms; through all blocks if there are no terms.</summary>
readonly struct BlockCursor
{
    /// <summary>Beyond this, a further term costs more than the names that it would rule out.</summary>
    const int MostTerms = 6;

    readonly PostingCursor[] _cursors;
    readonly int _used;
    readonly int _blocks;

    BlockCursor(PostingCursor[] cursors, int used, int blocks) => (_cursors, _used, _blocks) = (cursors, used, blocks);

    public static BlockCursor Over(PostingTable table, IReadOnlyList<TermRange> terms)
    {
        var cursors = new PostingCursor[terms.Count];
        var count = 0;
        foreach (var term in terms)
        {
            if (table.Find(term) is { } cursor)
            {
                cursors[count++] = cursor;
                if (cursor.Count == 0)
                {
                    return new BlockCursor([PostingCursor.None], 1, table.Blocks);
                }
            }
        }

        cursors.AsSpan(0, count).Sort((one, other) => one.Count.CompareTo(other.Count));
        return new BlockCursor(cursors, Math.Min(count, MostTerms), table.Blocks);
    }

    /// <summary>The first block at or behind one, or <see cref="PostingCursor.End"/>; asked for in ascending order.</summary>
    public int MoveTo(int target)
    {
        if (_used == 0)
        {
            return target < _blocks ? target : PostingCursor.End;
        }

        var agreed = 0;
        for (var i = 0; agreed < _used && target != PostingCursor.End; i = i + 1 < _used ? i + 1 : 0)
        {
            var block = _cursors[i].MoveTo(target);
            agreed = block == target ? agreed + 1 : 1;
            target = block;
        }

        return target;
    }
}
