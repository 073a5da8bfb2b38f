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
            var kind = Match(view.Segment, file);
            if (kind != MatchKind.Unspecified)
            {
                collector.Add(new FoundFile(slot, peer, new FileRef(view.Segment, file), kind));
            }
        }
    }

    MatchKind Match(Segment segment, int file)
    {
        var folder = segment.Folders.Folder(segment.Folders.RunOf(file));
        var name = segment.Names.Folded(file);
        Span<byte> path = stackalloc byte[MostStackBytes];
        if (folder.Length + name.Length > path.Length || Ascii.ToLower(folder, path, out var written) != OperationStatus.Done)
        {
            return matcher.Match(Fold.Utf8(segment.Path(file)));
        }

        name.CopyTo(path[written..]);
        return matcher.Match(path[..(written + name.Length)]);
    }
}
