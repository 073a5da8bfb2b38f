using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Search;

/// <summary>One name with one content, and who has it.</summary>
/// <param name="Sources">One file of each of at most eight peers.</param>
sealed record Hit(HitRank Rank, IReadOnlyList<FoundFile> Sources)
{
    /// <summary>A file that is a hit of its own.</summary>
    public static Hit Of(in FoundFile file) => new(HitRank.Of(HitEntry.Of(file, 0)), [file]);

    public HitKey Key => Rank.Key;

    public MatchKind Match => Rank.Match;

    public int SourceCount => Rank.SourceCount;

    public SearchHit ToMessage()
    {
        var hit = new SearchHit
        {
            Name = Key.Name,
            SourceCount = SourceCount,
            Sources = { Sources.Select(source => source.Peer.ToSource(source.File.Path)) },
            Match = Match,
            Time = Sources[0].File.Facts.Time,
        };
        if (Key.Root is { } root)
        {
            hit.Root = root.ToString();
        }

        if (Key.Size >= 0)
        {
            hit.Size = Key.Size;
        }

        return hit;
    }
}
