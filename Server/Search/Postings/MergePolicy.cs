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
    /// <summary>
    /// In quiet a part is merged with all smaller ones once it is no more than so many times as large as these together. So each file stands
    /// in a part at least a third larger afterwards, and of the parts that are left each is more than three times as large as all smaller ones.
    /// </summary>
    const int QuietGrowth = 3;

    /// <summary>The parts to be merged, or rebuilt without what is dead.</summary>
    /// <param name="parts">Of each part: files, and how many of them are in members that are alive.</param>
    /// <param name="isQuiet">Nothing has changed for a while: there is time to make fewer parts than changes leave, for each costs every search.</param>
    public IReadOnlyList<int> Choose(IReadOnlyList<(int Files, int Alive)> parts, bool isQuiet)
    {
        var due = Enumerable.Range(0, parts.Count)
            .GroupBy(part => Level(parts[part].Files))
            .OrderBy(level => level.Key)
            .FirstOrDefault(level => level.Count() >= Growth && level.Sum(part => (long)parts[part].Alive) <= MostFiles);
        if (due is not null)
        {
            return [.. due];
        }

        return isQuiet && Near(parts) is { Count: > 0 } near ? near : [.. Enumerable.Range(0, parts.Count).Where(part => parts[part].Alive * 2L < parts[part].Files).Take(1)];
    }

    List<int> Near(IReadOnlyList<(int Files, int Alive)> parts)
    {
        var bySize = Enumerable.Range(0, parts.Count).OrderBy(part => parts[part].Alive).ToList();
        var (near, smaller) = (0, 0L);
        for (var place = 0; place < bySize.Count && smaller + parts[bySize[place]].Alive <= MostFiles; place++)
        {
            var alive = parts[bySize[place]].Alive;
            near = place > 0 && alive <= QuietGrowth * smaller ? place + 1 : near;
            smaller += alive;
        }

        return bySize[..near];
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
