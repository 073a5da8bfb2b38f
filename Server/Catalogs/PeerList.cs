using System.Collections.Immutable;

namespace P2P.Server.Catalogs;

/// <summary>An immutable list of peers, in order and by identifier.</summary>
sealed record PeerList(LivePeer[] Ordered, ImmutableDictionary<string, LivePeer> ById)
{
    public static readonly PeerList Empty = new([], ImmutableDictionary.Create<string, LivePeer>(StringComparer.Ordinal));

    public PeerList With(LivePeer peer)
    {
        var at = Position(PeerOrder.Of(peer));
        return new PeerList([.. Ordered[..at], peer, .. Ordered[at..]], ById.SetItem(peer.PeerId, peer));
    }

    public PeerList Without(LivePeer peer)
    {
        var at = Array.IndexOf(Ordered, peer);
        if (at < 0)
        {
            return this;
        }

        var byId = ById.GetValueOrDefault(peer.PeerId) == peer ? ById.Remove(peer.PeerId) : ById;
        return new PeerList([.. Ordered[..at], .. Ordered[(at + 1)..]], byId);
    }

    /// <summary>Where a peer of that order stands, or would stand.</summary>
    int Position(PeerOrder order)
    {
        var (low, high) = (0, Ordered.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = PeerOrder.Of(Ordered[middle]).CompareTo(order) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
