using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2P.Content;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Dialing;

/// <summary>Identities of one test, by name.</summary>
sealed class Identities : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<NodeIdentity> _opened = [];

    public NodeIdentity this[string name]
    {
        get
        {
            var identity = NodeIdentity.Open(new IdentityFiles(_folder.File(name + ".key"), _folder.File(name + ".crt")), [], TimeProvider.System);
            _opened.Add(identity);
            return identity;
        }
    }

    /// <summary>A server's side with the right key, in a certificate whose time is over.</summary>
    public static SslServerAuthenticationOptions Expired(NodeIdentity identity)
    {
        var request = new CertificateRequest("CN=p2p", identity.Key, HashAlgorithmName.SHA256);
        var expired = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(30));
        return PinnedTls.Server(SslStreamCertificateContext.Create(expired, null, offline: true));
    }

    public void Dispose()
    {
        _opened.ForEach(identity => identity.Dispose());
        _folder.Dispose();
    }
}
