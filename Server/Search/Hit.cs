using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>What makes two files one hit: base name, root and length; without a root, the peer too.</summary>
readonly record struct HitKey(string Name, ContentRoot? Root, long Size, string PeerId);

/// <summary>A hit while it is put together.</summary>
sealed class Hit(HitKey key, MatchKind match)
{
    const int MostSources = 8;

    readonly List<(LivePeer Peer, FileRef File)> _sources = [];
    LivePeer? _last;

    public HitKey Key { get; } = key;

    /// <summary>The best of its files; with a path query they may differ.</summary>
    public MatchKind Match { get; private set; } = match;

    public int SourceCount => _sources.Count;

    /// <summary>One file of each peer that has it.</summary>
    public IReadOnlyList<(LivePeer Peer, FileRef File)> Sources => _sources;

    /// <summary>Counts a file. Files come peer by peer, so that only the last peer can come again.</summary>
    public void Add(LivePeer peer, FileRef file, MatchKind match)
    {
        Match = match < Match ? match : Match;
        if (_last == peer)
        {
            return;
        }

        _last = peer;
        _sources.Add((peer, file));
    }

    public SearchHit ToMessage()
    {
        var hit = new SearchHit
        {
            Name = Key.Name,
            SourceCount = SourceCount,
            Sources = { _sources.Take(MostSources).Select(source => source.Peer.ToSource(source.File.Path)) },
            Match = Match,
            Time = _sources[0].File.Facts.Time,
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

/// <summary>Where a hit stands among the others: kind of match, live sources (most first), name, and what tells equals apart.</summary>
readonly record struct HitRank(MatchKind Match, int SourceCount, HitKey Key) : IComparable<HitRank>
{
    public static HitRank Of(Hit hit) => new(hit.Match, hit.SourceCount, hit.Key);

    public int CompareTo(HitRank other)
    {
        var order = Match.CompareTo(other.Match);
        order = order != 0 ? order : other.SourceCount.CompareTo(SourceCount);
        order = order != 0 ? order : string.CompareOrdinal(Key.Name, other.Key.Name);
        order = order != 0 ? order : Nullable.Compare(Key.Root, other.Key.Root);
        order = order != 0 ? order : Key.Size.CompareTo(other.Key.Size);
        return order != 0 ? order : string.CompareOrdinal(Key.PeerId, other.Key.PeerId);
    }
}
