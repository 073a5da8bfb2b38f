namespace P2P.Server.Search.Postings;

/// <summary>
/// Decides which parts become one. Each level holds parts several times as large as the one below, and fewer of them than would
/// make one of the next.
/// </summary>
/// <param name="TailFiles">A tail of so many files becomes a part.</param>
/// <param name="SmallTail">A tail of so few stays one: looking at their names is as fast.</param>
/// <param name="Growth">From one level to the next.</param>
/// <param name="MostFiles">What larger parts would save in a search is little, and they hold on to what is dead for longer.</param>
sealed record MergePolicy(int TailFiles = 4096, int SmallTail = 128, int Growth = 8, int MostFiles = 16_000_000)
{
    /// <summary>The parts to be merged, or rebuilt without what is dead.</summary>
    /// <param name="parts">Of each part: files, and how many of them are in members that are alive.</param>
    public IReadOnlyList<int> Choose(IReadOnlyList<(int Files, int Alive)> parts)
    {
        var due = Enumerable.Range(0, parts.Count)
            .GroupBy(part => Level(parts[part].Files))
            .OrderBy(level => level.Key)
            .FirstOrDefault(level => level.Count() >= Growth && level.Sum(part => (long)parts[part].Alive) <= MostFiles);
        return due is not null ? [.. due] : [.. Enumerable.Range(0, parts.Count).Where(part => parts[part].Alive * 2L < parts[part].Files).Take(1)];
    }

    int Level(int files)
    {
        var level = 0;
        for (long limit = (long)TailFiles * Growth; files >= limit; limit *= Growth)
        {
            level++;
        }

        return level;
    }
}
