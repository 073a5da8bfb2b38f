using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Dialing;

/// <summary>
/// Connections to other peers, one for each address and key, for as long as the command runs. Only what the dial policy
/// allows is ever dialled, never through a proxy and never after a redirect.
/// </summary>
public sealed class PeerChannels(DialPolicy policy) : IDisposable
{
    // A Catalog message carries at most 1 MiB of data.
    const int LargestMessage = 2 * 1024 * 1024;
    const int StreamWindow = 1024 * 1024;

    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    readonly ConcurrentDictionary<(PeerEndpoint, string), Lazy<GrpcChannel>> _channels = new();

    /// <summary>The peer's Catalog; nothing is dialled before the first call.</summary>
    /// <param name="peer">Whom to call.</param>
    /// <param name="refusal">Why it may not be called, as a sentence without its name; null if it may.</param>
    public Catalog.CatalogClient? Find(SourcePeer peer, out string? refusal)
    {
        refusal = peer.Endpoint is not { } endpoint
            ? "Its address is no literal IP address."
            : policy.Check(endpoint) is var reason && reason != DialRefusal.None ? $"Its address must not be dialled ({reason})." : null;
        if (refusal is not null)
            return null;
        var key = (peer.Endpoint!.Value, peer.PeerId);
        return new Catalog.CatalogClient(_channels.GetOrAdd(key, k => new Lazy<GrpcChannel>(() => Open(k.Item1, k.Item2))).Value);
    }

    public void Dispose()
    {
        foreach (Lazy<GrpcChannel> channel in _channels.Values)
            channel.Value.Dispose();
    }

    static GrpcChannel Open(PeerEndpoint endpoint, string peerId)
    {
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = StreamWindow,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => HasPrint(certificate, peerId),
        };
        GrpcChannelOptions options = new()
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LargestMessage,
            ThrowOperationCanceledOnCancellation = true,
        };
        options.BorrowedBytes.Add<DownloadResponse>(DownloadResponse.DataFieldNumber);
        return GrpcChannel.ForAddress(endpoint.Url, options);
    }

    // The certificate is self-signed: its key alone tells who answers.
    static bool HasPrint(X509Certificate? certificate, string peerId)
    {
        if (certificate is not X509Certificate2 known)
            return false;
        byte[] print = SHA256.HashData(known.PublicKey.ExportSubjectPublicKeyInfo());
        return Convert.ToHexStringLower(print) == peerId;
    }
}
