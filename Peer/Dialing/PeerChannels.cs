using System.Collections.Concurrent;
using System.Net;
using Grpc.Net.Client;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Dialing;

/// <summary>
/// Connections to other peers, one for each address and key, for as long as the command runs. Only what the dial policy
/// allows is ever dialled, never through a proxy and never after a redirect.
/// </summary>
/// <param name="policy">Which addresses may be dialled.</param>
/// <param name="security">How; null to dial nothing but cleartext on this machine.</param>
/// <param name="routes">Ways to peers that cannot be dialled; null for none but dialling.</param>
public sealed class PeerChannels(DialPolicy policy, DialSecurity? security = null, PeerRoutes? routes = null) : IDisposable
{
    // A Catalog message carries at most 1 MiB of data.
    const int LargestMessage = 2 * 1024 * 1024;
    const int StreamWindow = 1024 * 1024;

    static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);
    static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    readonly ConcurrentDictionary<(PeerEndpoint, string, bool), Lazy<GrpcChannel>> _channels = new();
    readonly ConcurrentDictionary<(PeerEndpoint, string), Lazy<(HttpMessageInvoker Http, PlainHttp Plain)>> _plain = new();

    /// <summary>The peer's Catalog; nothing is dialled before the first call.</summary>
    /// <param name="peer">Whom to call.</param>
    /// <param name="refusal">Why it may not be called, as a sentence without its name; null if it may.</param>
    public Catalog.CatalogClient? Find(SourcePeer peer, out string? refusal)
    {
        refusal = RefusalOf(peer);
        if (refusal is not null)
            return null;
        var key = (peer.Endpoint!.Value, peer.PeerId, peer.Reachable);
        return new Catalog.CatalogClient(_channels.GetOrAdd(key, k => new Lazy<GrpcChannel>(() => Open(k.Item1, k.Item2, k.Item3))).Value);
    }

    /// <summary>
    /// The same peer by plain HTTP; null where it may not be called, or cannot be dialled: on a detour each connection costs others something.
    /// </summary>
    public PlainHttp? FindPlain(SourcePeer peer)
    {
        bool isDirect = peer.Reachable && (routes?.Of(peer.PeerId) ?? PeerRoute.Direct) == PeerRoute.Direct;
        if (!isDirect || RefusalOf(peer) is not null)
            return null;
        return _plain.GetOrAdd((peer.Endpoint!.Value, peer.PeerId), k => new(() => OpenPlain(k.Item1, k.Item2))).Value.Plain;
    }

    /// <summary>How a peer was reached last; null if it was not, or only dialling was tried.</summary>
    public PeerRoute? RouteOf(string peerId) => routes?.Of(peerId);

    /// <summary>A new ticket for a peer that wants one.</summary>
    public Task<TicketAnswer> RenewTicketAsync(SourcePeer peer, ContentId content, bool forUpload, CancellationToken cancellation) =>
        security is null
            ? Task.FromResult(new TicketAnswer(null, new FetchFailure(FetchFault.Refused, "There is no directory to ask for a ticket.")))
            : security.Renew(peer, content, forUpload, cancellation);

    /// <summary>New tickets for many contents of a peer that wants them; the list may be shorter, and its items empty.</summary>
    public Task<IReadOnlyList<string>> RenewTicketsAsync(SourcePeer peer, IReadOnlyList<ContentId> contents, CancellationToken cancellation) =>
        contents.Count > 0 && security is { RenewMany: { } renew } ? renew(peer, contents, cancellation) : Task.FromResult<IReadOnlyList<string>>([]);

    public void Dispose()
    {
        foreach (Lazy<GrpcChannel> channel in _channels.Values)
            channel.Value.Dispose();
        foreach (Lazy<(HttpMessageInvoker Http, PlainHttp Plain)> plain in _plain.Values)
            plain.Value.Http.Dispose();
    }

    string? RefusalOf(SourcePeer peer)
    {
        if (peer.Endpoint is not { } endpoint)
            return "Its address is no literal IP address.";
        if (policy.Check(endpoint) is var reason && reason != DialRefusal.None)
            return $"Its address must not be dialled ({reason}).";
        if (endpoint.Secure)
        {
            return KeyPrint.IsPrint(peer.PeerId) && security is not null
                ? null
                : "It says that it serves over TLS, but has proved no key to the directory.";
        }

        return IPAddress.IsLoopback(endpoint.Address) || security is { AllowPlaintext: true }
            ? null
            : "It serves without encryption, which is used on this machine only; on a closed test network add --allow-plaintext.";
    }

    GrpcChannel Open(PeerEndpoint endpoint, string peerId, bool reachable)
    {
        SocketsHttpHandler handler = Handler(endpoint, peerId);
        handler.EnableMultipleHttp2Connections = true;
        handler.InitialHttp2StreamWindowSize = StreamWindow;
        // A connection whose other end is gone without a word is found out while something is asked for over it.
        handler.KeepAlivePingDelay = PingDelay;
        handler.KeepAlivePingTimeout = PingTimeout;
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        if (routes is not null)
        {
            handler.ConnectTimeout = PeerRoutes.Limit;
            handler.ConnectCallback = (_, cancellation) => routes.ConnectAsync(endpoint, peerId, reachable, cancellation);
        }

        GrpcChannelOptions options = new()
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LargestMessage,
            ThrowOperationCanceledOnCancellation = true,
        };
        options.BorrowedBytes.Add<DownloadResponse>(DownloadResponse.DataFieldNumber, static (message, data) => message.Data = data);
        return GrpcChannel.ForAddress(endpoint.Url, options);
    }

    (HttpMessageInvoker Http, PlainHttp Plain) OpenPlain(PeerEndpoint endpoint, string peerId)
    {
        HttpMessageInvoker http = new(Handler(endpoint, peerId));
        return (http, new PlainHttp(http, new Uri(endpoint.Url)));
    }

    SocketsHttpHandler Handler(PeerEndpoint endpoint, string peerId)
    {
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = ConnectTimeout,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        if (endpoint.Secure)
            handler.SslOptions = PinnedTls.Client(peerId, security!.Own(), security.Time);
        return handler;
    }
}
