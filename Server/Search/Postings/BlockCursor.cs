namespace P2P.Server.Search.Postings;

/// <summary>Goes through the blocks that have all of several terms; through all blocks if there are no terms.</summary>
readonly struct BlockCursor
{
    /// <summary>Beyond this, a further term costs more than the names that it would rule out.</summary>
    const int MostTerms = 4;

    /// <summary>Entries of a list that are gone through in the time in which a block is looked at.</summary>
    const int EntriesPerBlock = 64;

    readonly PostingCursor[] _cursors;
    readonly int _used;
    readonly int _blocks;

    BlockCursor(PostingCursor[] cursors, int used, int blocks) => (_cursors, _used, _blocks) = (cursors, used, blocks);

    public static BlockCursor Over(PostingTable table, IReadOnlyList<TermRange> terms)
    {
        Span<PostingTable.Found> rarest = stackalloc PostingTable.Found[MostTerms];
        var count = 0;
        for (var i = 0; i < terms.Count; i++)
        {
            var found = table.Find(terms[i]);
            if (found.Count == 0)
            {
                return new BlockCursor([PostingCursor.None], 1, table.Blocks);
            }

            count = Enter(rarest, count, found);
        }

        count = Worthwhile(rarest[..count]);
        var cursors = count == 0 ? [] : new PostingCursor[count];
        var used = 0;
        foreach (var found in rarest[..count])
        {
            if (table.Open(found) is { } cursor)
            {
                cursors[used++] = cursor;
            }
        }

        return new BlockCursor(cursors, used, table.Blocks);
    }

    public static BlockCursor OverAll(int blocks) => new([], 0, blocks);

    /// <summary>The blocks that all cursors have.</summary>
    public static BlockCursor Over(IEnumerable<PostingCursor> cursors, int blocks)
    {
        PostingCursor[] all = [.. cursors];
        return new BlockCursor(all, all.Length, blocks);
    }

    /// <summary>At most how many blocks have all of the terms.</summary>
    public static int Estimate(PostingTable table, IReadOnlyList<TermRange> terms)
    {
        var least = table.Blocks;
        for (var i = 0; i < terms.Count && least > 0; i++)
        {
            least = Math.Min(least, table.Find(terms[i]).Count);
        }

        return least;
    }

    /// <summary>How many of the rarest to intersect: going through a long list costs more than looking at a few blocks in vain.</summary>
    static int Worthwhile(ReadOnlySpan<PostingTable.Found> rarest)
    {
        var count = 1;
        for (var left = rarest.IsEmpty ? 0 : rarest[0].Count; count < rarest.Length && rarest[count].Count / EntriesPerBlock <= left; count++)
        {
            // What has one term has the next one more often than not.
            left /= 2;
        }

        return Math.Min(count, rarest.Length);
    }

    /// <summary>Keeps the rarest, in order.</summary>
    static int Enter(Span<PostingTable.Found> rarest, int count, PostingTable.Found found)
    {
        if (count == rarest.Length && rarest[^1].Count <= found.Count)
        {
            return count;
        }

        var at = count < rarest.Length ? count : count - 1;
        for (; at > 0 && rarest[at - 1].Count > found.Count; at--)
        {
            rarest[at] = rarest[at - 1];
        }

        rarest[at] = found;
        return Math.Min(count + 1, rarest.Length);
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
