using P2P.Server.Catalogs;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>Goes through the blocks of members that stand in the order of their peers, peer by peer.</summary>
sealed class PeerWalk(IndexSnapshot snapshot, BlockMap map, BlockCursor blocks, SearchClock clock)
{
    int _block;
    MemberBlocks _at;
    IndexedPeer? _peer;

    /// <summary>Whose the block is at which this stands; null behind the last.</summary>
    public LivePeer? Peer => _peer?.Peer;

    /// <summary>Goes to the first block, at or behind one, of a member that is alive, and of a peer that is admitted and not before another.</summary>
    public void MoveTo(int block, string? least, HitFilter filter)
    {
        for (_block = blocks.MoveTo(block); _block != PostingCursor.End; _block = blocks.MoveTo(_at.Behind))
        {
            _at = map.At(_block);
            _peer = snapshot.Peers[_at.Member.Slot];
            if (_peer is { } peer && peer.Find(_at.Member.Segment) is not null && filter.AdmitsPeer(peer.Peer)
                && (least is null || string.CompareOrdinal(peer.Peer.PeerId, least) >= 0))
            {
                return;
            }
        }

        _peer = null;
    }

    /// <summary>Finds files of a peer, and goes behind all that it has.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="most">Of each run of its files.</param>
    /// <param name="start">The first file that counts; null for all.</param>
    public void TakePeer(LivePeer peer, int most, FileRef? start, IFileScanner scanner, HitFilter filter, List<FoundFile> found)
    {
        while (Peer == peer)
        {
            if (most > 0)
            {
                Take(most, start, scanner, filter, found);
            }

            MoveTo(_at.Behind, null, filter);
        }
    }

    void Take(int most, FileRef? start, IFileScanner scanner, HitFilter filter, List<FoundFile> found)
    {
        var view = _peer!.Find(_at.Member.Segment)!.Value;
        var from = start is { } first ? view.Segment.LowerBound(first.Segment.PathUtf8(first.Index)) : 0;
        for (var left = most; left > 0 && _block < _at.Behind && !clock.IsOver; _block = blocks.MoveTo(_block + 1))
        {
            clock.Look();
            var (file, behind) = map.Files(_at, _block);
            for (file = Math.Max(file, from); left > 0 && (file = scanner.Next(view, file, behind, out var fit)) < behind; file++)
            {
                if (filter.Admits(_peer.Peer, new FileRef(view.Segment, file)))
                {
                    found.Add(new FoundFile(_at.Member.Slot, _peer.Peer, new FileRef(view.Segment, file), fit));
                    left--;
                }
            }
        }
    }
}
