using System.Collections.Immutable;
using P2P.Content;
using P2P.Server.Catalogs;

namespace P2P.Server.Search.Postings;

/// <summary>A live peer and what it shares.</summary>
sealed record IndexedPeer(LivePeer Peer, PeerCatalog Catalog)
{
    /// <summary>A run of its files and what of it is left; null if it is no longer among them.</summary>
    public SegmentView? Find(Segment segment)
    {
        foreach (var view in Catalog.Segments)
        {
            if (ReferenceEquals(view.Segment, segment))
            {
                return view;
            }
        }

        return null;
    }
}

/// <summary>The peers of an index, by slot; exchanging one copies little.</summary>
sealed class PeerSlots
{
    const int ChunkBits = 6;
    const int ChunkSize = 1 << ChunkBits;

    public static readonly PeerSlots Empty = new([]);

    readonly IndexedPeer?[][] _chunks;

    PeerSlots(IndexedPeer?[][] chunks) => _chunks = chunks;

    public IndexedPeer? this[int slot] => slot >> ChunkBits < _chunks.Length ? _chunks[slot >> ChunkBits][slot & (ChunkSize - 1)] : null;

    public IEnumerable<(int Slot, IndexedPeer Peer)> All()
    {
        for (var slot = 0; slot < _chunks.Length * ChunkSize; slot++)
        {
            if (this[slot] is { } peer)
            {
                yield return (slot, peer);
            }
        }
    }

    public PeerSlots With(int slot, IndexedPeer? peer)
    {
        var at = slot >> ChunkBits;
        var chunks = new IndexedPeer?[Math.Max(_chunks.Length, at + 1)][];
        _chunks.CopyTo(chunks, 0);
        for (var i = _chunks.Length; i < chunks.Length; i++)
        {
            chunks[i] = new IndexedPeer?[ChunkSize];
        }

        chunks[at] = (IndexedPeer?[])chunks[at].Clone();
        chunks[at][slot & (ChunkSize - 1)] = peer;
        return new PeerSlots(chunks);
    }
}

/// <summary>What a search looks at: one moment of all live peers' catalogs, and how to find names in them.</summary>
/// <param name="Peers">Says what is alive: a member counts while its peer's catalog has it.</param>
/// <param name="Parts">Members whose terms are known, in each part those that were alive in the order of their peers' identifiers.</param>
/// <param name="Tail">Members that came since; their names are searched one by one.</param>
sealed record IndexSnapshot(PeerSlots Peers, ImmutableArray<IndexPart> Parts, ImmutableArray<IndexMember> Tail)
{
    public static readonly IndexSnapshot Empty = new(PeerSlots.Empty, [], []);

    /// <summary>The live files with a root, and whose they are.</summary>
    public IEnumerable<(LivePeer Peer, FileRef File)> WithRoot(ContentRoot root) =>
        from found in Parts.SelectMany(part => part.WithRoot(root)).Concat(Tail.SelectMany(member => InTail(member, root)))
        let indexed = Peers[found.Member.Slot]
        where found.Member.Segment.Root(found.File) == root && indexed?.Find(found.Member.Segment)?.IsAlive(found.File) == true
        select (indexed.Peer, new FileRef(found.Member.Segment, found.File));

    static IEnumerable<(IndexMember Member, int File)> InTail(IndexMember member, ContentRoot root)
    {
        for (var file = 0; file < member.Segment.Count; file++)
        {
            if (member.Segment.HasRoot(file) && member.Segment.Root(file) == root)
            {
                yield return (member, file);
            }
        }
    }

    /// <summary>Whose files a member has; null if that peer is gone.</summary>
    public string? PeerIdOf(IndexMember member) => Peers[member.Slot]?.Peer.PeerId;

    public bool IsAlive(IndexMember member) => Peers[member.Slot]?.Find(member.Segment) is not null;

    public int TailFiles => Tail.Sum(member => member.Segment.Count);
}
