using System.Buffers;
using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>Looks at whole paths, one by one: what a query with a slash asks for.</summary>
sealed class PathSearch(INameMatcher matcher, HitFilter filter, HitCollector collector)
{
    const int MostStackBytes = 512;

    public void Run(IndexSnapshot snapshot)
    {
        foreach (var (slot, indexed) in snapshot.Peers.All())
        {
            if (filter.AdmitsPeer(indexed.Peer))
            {
                foreach (var view in indexed.Catalog.Segments)
                {
                    Paths(slot, indexed.Peer, view);
                }
            }
        }
    }

    void Paths(int slot, LivePeer peer, SegmentView view)
    {
        for (var file = view.NextAlive(0); file < view.Segment.Count && !collector.IsOver; file = view.NextAlive(file + 1))
        {
            collector.Look();
            var kind = Match(view.Segment.PathUtf8(file));
            if (kind != MatchKind.Unspecified)
            {
                collector.Add(new FoundFile(slot, peer, new FileRef(view.Segment, file), kind));
            }
        }
    }

    MatchKind Match(ReadOnlySpan<byte> path)
    {
        Span<byte> lower = stackalloc byte[MostStackBytes];
        return path.Length <= lower.Length && Ascii.ToLower(path, lower, out var written) == OperationStatus.Done
            ? matcher.Match(lower[..written])
            : matcher.Match(Fold.Utf8(Encoding.UTF8.GetString(path)));
    }
}
