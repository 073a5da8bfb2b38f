using System.Collections.Immutable;

namespace P2P.Server.Catalogs;

/// <summary>An immutable list of peers: in order, by identifier and by address. A change copies a few nodes, however many peers there are.</summary>
sealed record PeerList(
    ImmutableSortedSet<LivePeer> Ordered,
    ImmutableDictionary<string, LivePeer> ById,
    ImmutableDictionary<(string Ip, int Port), ImmutableArray<LivePeer>> ByAddress)
{
    public static readonly PeerList Empty = new(
        ImmutableSortedSet.Create<LivePeer>(Comparer<LivePeer>.Create((one, other) => PeerOrder.Of(one).CompareTo(PeerOrder.Of(other)))),
        ImmutableDictionary.Create<string, LivePeer>(StringComparer.Ordinal),
        ImmutableDictionary<(string Ip, int Port), ImmutableArray<LivePeer>>.Empty);

    public ImmutableArray<LivePeer> At(string ip, int port) => ByAddress.GetValueOrDefault((ip, port), []);

    public PeerList With(LivePeer peer)
    {
        var list = Ordered.TryGetValue(peer, out var before) ? Without(before) : this;
        var address = Address(peer);
        return new PeerList(
            list.Ordered.Add(peer), list.ById.SetItem(peer.PeerId, peer), list.ByAddress.SetItem(address, list.ByAddress.GetValueOrDefault(address, []).Add(peer)));
    }

    public PeerList Without(LivePeer peer)
    {
        if (!Ordered.TryGetValue(peer, out var listed) || listed != peer)
        {
            return this;
        }

        var (address, there) = (Address(peer), ByAddress[Address(peer)].Remove(peer));
        return new PeerList(
            Ordered.Remove(peer),
            ById.GetValueOrDefault(peer.PeerId) == peer ? ById.Remove(peer.PeerId) : ById,
            there.IsEmpty ? ByAddress.Remove(address) : ByAddress.SetItem(address, there));
    }

    static (string Ip, int Port) Address(LivePeer peer) => (peer.Identity.Ip, peer.Identity.Address.Port);
}
