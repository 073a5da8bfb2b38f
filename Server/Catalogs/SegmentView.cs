namespace P2P.Server.Catalogs;

/// <summary>A segment and which of its files are gone since it was built. Immutable, as the segment is.</summary>
readonly record struct SegmentView(Segment Segment, ulong[]? Dead, int DeadCount)
{
    public static readonly SegmentView Empty = new(SegmentBuilder.Build([]), null, 0);

    public int Alive => Segment.Count - DeadCount;

    public bool IsAlive(int index) => Dead is null || (Dead[index >> 6] & (1UL << (index & 63))) == 0;

    /// <summary>The first file alive at or after an index, or <see cref="Segment.Count"/>.</summary>
    public int NextAlive(int index)
    {
        while (index < Segment.Count && !IsAlive(index))
        {
            index++;
        }

        return index;
    }

    /// <summary>How many files are alive from one to before another, and their bytes as far as sizes are known.</summary>
    public (int Files, long Size) Between(int first, int behind)
    {
        var (files, size) = (behind - first, Segment.SizeBetween(first, behind));
        for (var index = first; Dead is not null && index < behind; index++)
        {
            if (!IsAlive(index))
            {
                (files, size) = (files - 1, size - Math.Max(0, Segment.Size(index)));
            }
        }

        return (files, size);
    }

    /// <summary>The same segment without these files, each of which is alive and named once.</summary>
    public SegmentView Without(IReadOnlyCollection<int> indexes)
    {
        if (indexes.Count == 0)
        {
            return this;
        }

        var dead = Dead is null ? new ulong[(Segment.Count + 63) / 64] : (ulong[])Dead.Clone();
        foreach (var index in indexes)
        {
            dead[index >> 6] |= 1UL << (index & 63);
        }

        return new SegmentView(Segment, dead, DeadCount + indexes.Count);
    }
}
