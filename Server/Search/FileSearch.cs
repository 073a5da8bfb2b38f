using P2P.Server.Catalogs;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>
/// Finds the first files that fit, by their peers' identifiers and by path, and no more than are wanted:
/// 1. every part of the index, and the tail, knows the next block in which there may be one, and so whose it is;
/// 2. the peer that comes first among these is gone through, wherever its files are, of each run of files no further than to what is wanted;
/// 3. what was found of it is put in order, and as much of it taken as is still wanted.
/// </summary>
/// <param name="after">The last file of the page before.</param>
sealed class FileSearch(NameQuery query, HitFilter filter, SearchClock clock, FilePlace? after)
{
    public IReadOnlyList<FoundFile> Take(IndexSnapshot snapshot, int most)
    {
        var sweep = query.SweepOfAll.Aimed(snapshot);
        var scanner = query.Scanner(sweep, clock);
        var walks = Walks(snapshot, sweep);
        var taken = new List<FoundFile>();
        while (taken.Count < most && !clock.IsOver && First(walks) is { } peer)
        {
            var start = after?.PeerId == peer.PeerId ? after.Path.Behind(peer.Catalog).Select(file => (FileRef?)file).FirstOrDefault() : null;
            var isBehindAll = after?.PeerId == peer.PeerId && start is null;
            var found = new List<FoundFile>();
            foreach (var walk in walks)
            {
                walk.TakePeer(peer, isBehindAll ? 0 : most - taken.Count, start, scanner, filter, found);
            }

            // One run of files is in order.
            if (found.Count > 0 && found.Exists(file => !ReferenceEquals(file.File.Segment, found[0].File.Segment)))
            {
                found.Sort((one, other) => one.File.Segment.Compare(one.File.Index, other.File.Segment, other.File.Index));
            }

            taken.AddRange(found.Take(most - taken.Count));
        }

        return taken;
    }

    List<PeerWalk> Walks(IndexSnapshot snapshot, Sweep sweep)
    {
        var walks = snapshot.Parts.Select(part => new PeerWalk(snapshot, sweep.Of(part).Map, sweep.Open(part), clock)).ToList();
        if (!snapshot.Tail.IsEmpty)
        {
            var tail = snapshot.Tail.OrderBy(snapshot.PeerIdOf, StringComparer.Ordinal).ToArray();
            var map = query.OverPath ? BlockMap.OfFolders(tail) : BlockMap.OfNames(tail);
            walks.Add(new PeerWalk(snapshot, map, BlockCursor.OverAll(map.Blocks), clock));
        }

        walks.ForEach(walk => walk.MoveTo(0, after?.PeerId, filter));
        return walks;
    }

    /// <summary>The peer that comes first of those at which the walks stand.</summary>
    static LivePeer? First(List<PeerWalk> walks)
    {
        LivePeer? first = null;
        foreach (var walk in walks)
        {
            if (walk.Peer is { } peer && (first is null || string.CompareOrdinal(peer.PeerId, first.PeerId) < 0))
            {
                first = peer;
            }
        }

        return first;
    }
}
