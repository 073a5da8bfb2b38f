using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>The files with a base name, to the letter: all of them, however many.</summary>
sealed class NamedFiles(string name)
{
    readonly byte[] _folded = Fold.Utf8(name);
    readonly byte[] _name = Encoding.UTF8.GetBytes(name);

    public IEnumerable<(LivePeer Peer, FileRef File)> In(IndexSnapshot snapshot, Func<LivePeer, bool> admits)
    {
        var sweep = Sweep.For(MatchKind.Exact, Edges.Around(_folded));
        foreach (var part in snapshot.Parts)
        {
            var blocks = sweep.Open(part);
            for (var block = blocks.MoveTo(0); block != PostingCursor.End; block = blocks.MoveTo(block + 1))
            {
                var at = part.Names.Map.At(block);
                var (file, behind) = part.Names.Map.Files(at, block);
                foreach (var found in Among(snapshot, at.Member, file, behind, admits))
                {
                    yield return found;
                }
            }
        }

        foreach (var member in snapshot.Tail)
        {
            foreach (var found in Among(snapshot, member, 0, member.Segment.Count, admits))
            {
                yield return found;
            }
        }
    }

    List<(LivePeer Peer, FileRef File)> Among(IndexSnapshot snapshot, IndexMember member, int file, int behind, Func<LivePeer, bool> admits)
    {
        var found = new List<(LivePeer Peer, FileRef File)>();
        if (snapshot.Peers[member.Slot] is not { } indexed || !admits(indexed.Peer) || indexed.Find(member.Segment) is not { } view)
        {
            return found;
        }

        Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
        for (; file < behind; file++)
        {
            if (view.IsAlive(file) && view.Segment.Names.Folded(file).SequenceEqual(_folded) && view.Segment.Names.Original(file, scratch).SequenceEqual(_name))
            {
                found.Add((indexed.Peer, new FileRef(view.Segment, file)));
            }
        }

        return found;
    }
}
