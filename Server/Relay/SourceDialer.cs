using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Relay;

/// <summary>A connection to one peer's Catalog.</summary>
sealed class SourceConnection(GrpcChannel channel) : IDisposable
{
    public Catalog.CatalogClient Client { get; } = new(channel);

    public void Dispose() => channel.Dispose();
}

/// <summary>
/// Connects to peers where they registered, and nowhere else: a literal address that the policy allows, no proxy, no redirect. Over TLS
/// the certificate must be of the key that the peer proved at Login.
/// </summary>
sealed class SourceDialer(DialPolicy policy)
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Null if the peer must not be dialled.</summary>
    public SourceConnection? Dial(PeerIdentity peer)
    {
        var isPinned = peer.Verified || !peer.Address.Secure;
        if (!peer.Reachable || !isPinned || policy.Check(peer.Address) != DialRefusal.None)
        {
            return null;
        }

        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => HasPrint(certificate, peer.PeerId),
            },
        };
        var options = new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = 2 * 1024 * 1024 };
        options.BorrowedBytes.Add<DownloadResponse>(DownloadResponse.DataFieldNumber);
        return new SourceConnection(GrpcChannel.ForAddress(peer.Address.Url, options));
    }

    static bool HasPrint(X509Certificate? certificate, string print)
    {
        using var parsed = certificate is null ? null : new X509Certificate2(certificate);
        return parsed is not null
            && Convert.ToHexStringLower(SHA256.HashData(parsed.PublicKey.ExportSubjectPublicKeyInfo())) == print;
    }
}
