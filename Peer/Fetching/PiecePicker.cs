namespace P2P.Peers.Fetching;

/// <summary>Chooses where a source goes on, among the pieces that nobody was asked for.</summary>
/// <param name="sources">All sources; the scheduler's own list.</param>
/// <param name="isFree">Whether a piece is neither here nor asked for.</param>
/// <param name="count">How many pieces there are.</param>
/// <param name="random">Decides between equally rare pieces.</param>
/// <param name="scatter">Begin at a random place.</param>
sealed class PiecePicker(IReadOnlyList<SourceState> sources, Func<long, bool> isFree, long count, Random random, bool scatter)
{
    /// <summary>Rarity decides, not order.</summary>
    public bool HasPartialSources => sources.Any(s => !s.Out && s.Has is not null);

    /// <summary>The first piece to ask a source for; -1 if it has none that is free.</summary>
    public long FirstFree(SourceState source) =>
        HasPartialSources ? Rarest(source) : NextOrGap(source);

    long NextOrGap(SourceState source)
    {
        if (source.Cursor < count && isFree(source.Cursor) && source.Bookings.Count + source.Cursor > 0)
            return source.Cursor;
        (long start, long length) = WidestGap();
        if (length == 0)
            return -1;
        if (scatter && length == count)
            return random.NextInt64(count);
        SourceState? reader = sources.FirstOrDefault(s => s != source && s.Cursor == start && s.Bookings.Count > 0);
        return reader is null ? start : start + Math.Min(length - 1, (long)(length * ShareOf(reader, source)));
    }

    // Who reads into the gap keeps the part that fits its speed, so that both come to its end together.
    static double ShareOf(SourceState reader, SourceState comer) =>
        reader.Rate == 0 || comer.Rate == 0 ? 0.5 : reader.Rate / (reader.Rate + comer.Rate);

    (long Start, long Length) WidestGap()
    {
        (long bestStart, long bestLength) = (0, 0);
        for (long piece = 0; piece < count; piece++)
        {
            long start = piece;
            while (piece < count && isFree(piece))
                piece++;
            if (piece - start > bestLength)
                (bestStart, bestLength) = (start, piece - start);
        }

        return (bestStart, bestLength);
    }

    // Fewest holders first. Among equals goes a source on that nobody else competes with, for who reads on in order meets others at the
    // edges only, not everywhere; else the first from a random place on.
    long Rarest(SourceState source)
    {
        if (source.Cursor < count && isFree(source.Cursor) && source.Has is null && HoldersOf(source.Cursor) == 1)
            return source.Cursor;
        (long best, int holders) = (-1, int.MaxValue);
        long from = random.NextInt64(count);
        for (long i = 0; i < count && holders > 1; i++)
        {
            long piece = (from + i) % count;
            if (!isFree(piece) || !source.CanServe(piece))
                continue;
            int have = HoldersOf(piece);
            if (have < holders)
                (best, holders) = (piece, have);
        }

        return best;
    }

    int HoldersOf(long piece)
    {
        int holders = 0;
        foreach (SourceState source in sources)
            holders += !source.Out && source.CanServe(piece) ? 1 : 0;
        return holders;
    }
}
