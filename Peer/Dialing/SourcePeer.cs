using System.Net;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.Dialing;

/// <summary>A peer as the directory names it, to be dialled.</summary>
/// <param name="PeerId">Identifier; for a proven peer, the print of the key that TLS is pinned to.</param>
/// <param name="Name">For people: account and address.</param>
/// <param name="Endpoint">The registered address; null if it is no literal address.</param>
/// <param name="Ticket">The directory's permission, or empty.</param>
public sealed record SourcePeer(string PeerId, string Name, PeerEndpoint? Endpoint, string Ticket = "")
{
    /// <summary>Whether the directory thinks that it can be dialled.</summary>
    public bool Reachable { get; init; } = true;

    /// <summary>Whether it serves over TLS, and so only who has a ticket.</summary>
    public bool WantsTickets => Endpoint is { Secure: true };

    /// <summary>It has only a part, of a download under way.</summary>
    public bool Partial { get; init; }

    public static SourcePeer Of(Source source, string ticket = "") =>
        new(source.PeerId, NameOf(source.User, source.Ip, source.Port), EndpointOf(source.Ip, source.Port, source.Url), ticket)
        {
            Reachable = source.Reachable,
            Partial = source.Partial,
        };

    public static SourcePeer Of(PeerInfo peer) =>
        new(peer.PeerId, NameOf(peer.User, peer.Ip, peer.Port), EndpointOf(peer.Ip, peer.Port, peer.Url)) { Reachable = peer.Reachable };

    static string NameOf(string user, string ip, int port) => $"{user} ({ip}:{port})";

    static PeerEndpoint? EndpointOf(string ip, int port, string url) =>
        PeerEndpoint.TryParseAddress(ip, out IPAddress? address) && port is >= 1 and <= IPEndPoint.MaxPort
            ? new PeerEndpoint(address!, port, url.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            : null;
}
