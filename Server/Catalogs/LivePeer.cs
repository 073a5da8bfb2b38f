using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Dialing;

namespace P2P.Server.Catalogs;

/// <summary>What a peer said of itself at Login.</summary>
sealed record PeerIdentity(
    string PeerId,
    string User,
    string Name,
    PeerEndpoint Address,
    ImmutableArray<string> Addresses,
    bool Verified,
    DateTimeOffset Since,
    ClientInfo? Client)
{
    public string Ip { get; } = Address.Address.ToString();

    /// <summary>Whether whoever dials it can tell by its key that it is it, or needs not: to TLS without a proven key nobody talks.</summary>
    public bool CanBeDialled => Verified || !Address.Secure;
}

/// <summary>
/// A peer with a live session. The index owns two of its changing parts: the catalog, replaced as a whole, and whether it
/// is still online, which readers that hold an older list of peers check. What dials to it came to belongs to <see cref="DialBack"/>.
/// </summary>
sealed class LivePeer(PeerIdentity identity, PeerCatalog catalog)
{
    volatile PeerCatalog _catalog = catalog;
    volatile bool _online = true;
    volatile int _freeSlots = -1;
    volatile DialHistory _dials = DialHistory.None;

    public PeerIdentity Identity { get; } = identity;

    public string PeerId => Identity.PeerId;

    public PeerCatalog Catalog
    {
        get => _catalog;
        internal set => _catalog = value;
    }

    public bool Online
    {
        get => _online;
        internal set => _online = value;
    }

    /// <summary>Whether the directory could dial it when it last tried.</summary>
    public bool Reachable => _dials.Answered;

    public DialHistory Dials
    {
        get => _dials;
        internal set => _dials = value;
    }

    /// <summary>Free upload slots by its last heartbeat; negative if it did not say.</summary>
    public int FreeSlots
    {
        get => _freeSlots;
        set => _freeSlots = value;
    }

    public PeerInfo ToInfo()
    {
        var catalog = Catalog;
        return new PeerInfo
        {
            PeerId = PeerId,
            User = Identity.User,
            Name = Identity.Name,
            Ip = Identity.Ip,
            Port = Identity.Address.Port,
            Url = Identity.Address.Url,
            Addresses = { Identity.Addresses },
            Reachable = Reachable,
            Verified = Identity.Verified,
            FileCount = catalog.FileCount,
            TotalSize = catalog.TotalSize,
            Since = Timestamp.FromDateTimeOffset(Identity.Since),
            Client = Identity.Client,
        };
    }

    public Source ToSource(string path)
    {
        var source = new Source
        {
            PeerId = PeerId,
            User = Identity.User,
            Ip = Identity.Ip,
            Port = Identity.Address.Port,
            Url = Identity.Address.Url,
            Addresses = { Identity.Addresses },
            Path = path,
            Reachable = Reachable,
            Verified = Identity.Verified,
            Partial = SharedPath.IsPartial(path),
        };
        if (FreeSlots >= 0)
        {
            source.UploadSlotsFree = FreeSlots;
        }

        return source;
    }
}

/// <summary>The order in which peers are listed: account, address, identifier.</summary>
readonly record struct PeerOrder(string User, string Ip, int Port, string PeerId) : IComparable<PeerOrder>
{
    public static PeerOrder Of(LivePeer peer) =>
        new(peer.Identity.User, peer.Identity.Ip, peer.Identity.Address.Port, peer.PeerId);

    public int CompareTo(PeerOrder other)
    {
        var order = string.CompareOrdinal(User, other.User);
        order = order != 0 ? order : string.CompareOrdinal(Ip, other.Ip);
        order = order != 0 ? order : Port.CompareTo(other.Port);
        return order != 0 ? order : string.CompareOrdinal(PeerId, other.PeerId);
    }
}
