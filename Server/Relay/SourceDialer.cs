using Grpc.Net.Client;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Server.Catalogs;
using P2P.Server.Dialing;
using P2P.Server.Tickets;

namespace P2P.Server.Relay;

/// <summary>
/// Connects to peers where they registered, and nowhere else: a literal address that the policy allows, no proxy, no redirect. Over TLS
/// the certificate must be of the key that the peer proved at Login; the directory shows its own, and gives itself tickets for it.
/// </summary>
sealed class SourceDialer(DialPolicy policy, DialBack dialBack, RelayIdentity own, TicketIssuer tickets, RelayOptions options, TimeProvider time)
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Null if the peer must not be dialled: it is not reachable, also now.</summary>
    public async Task<SourceConnection?> DialAsync(LivePeer source, CancellationToken cancellationToken)
    {
        var peer = source.Identity;
        var isAllowed = peer.CanBeDialled && policy.Check(peer.Address) == DialRefusal.None;
        return isAllowed && await dialBack.ReachesAsync(source, cancellationToken).ConfigureAwait(false) ? Connect(peer) : null;
    }

    SourceConnection Connect(PeerIdentity peer)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
        };
        if (peer.Address.Secure)
        {
            handler.SslOptions = PinnedTls.Client(peer.PeerId, own.Node, time);
        }

        var dialling = new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = 2 * 1024 * 1024 };
        dialling.BorrowedBytes.Add<DownloadResponse>(DownloadResponse.DataFieldNumber);
        return new SourceConnection(
            GrpcChannel.ForAddress(peer.Address.Url, dialling), options.Source, time,
            peer.Address.Secure ? content => tickets.Sign(peer.PeerId, own.Node.Print, content) : null);
    }
}
