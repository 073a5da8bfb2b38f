using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace P2P.Content;

/// <summary>
/// TLS between our programs: version 1.2 or later, no downgrade, and both sides known by their keys' prints. Whatever does not fit ends the
/// handshake, before a byte of the application is sent or read.
/// </summary>
/// <remarks>
/// Sessions are never resumed: each connection shows its certificate, and a check that was passed once is not inherited.
/// </remarks>
public static class PinnedTls
{
    const SslProtocols Versions = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>
    /// For <see cref="SocketsHttpHandler.SslOptions"/>, to dial one known key. A handshake that is ended fails with
    /// <see cref="CertificateRefusedException"/>.
    /// </summary>
    /// <param name="print">The key's print; what is no print is matched by no key.</param>
    /// <param name="own">Who calls; null for a caller that shows no certificate.</param>
    /// <param name="time">The clock.</param>
    public static SslClientAuthenticationOptions Client(string print, NodeIdentity? own, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(print);
        return Client(own, (_, certificate, _, _) => CertificateCheck.Check(certificate, print, time.GetUtcNow()) is var refusal
            && (refusal == CertificateRefusal.None ? true : throw new CertificateRefusedException(refusal)));
    }

    /// <summary>For <see cref="SocketsHttpHandler.SslOptions"/>, with a rule of the caller's own.</summary>
    /// <param name="own">Who calls; null for a caller that shows no certificate.</param>
    /// <param name="judge">Judges what the other side showed. Give a chain policy too if it looks at the chain.</param>
    /// <param name="chain">How the chain is built; null for no chain.</param>
    public static SslClientAuthenticationOptions Client(
        NodeIdentity? own, RemoteCertificateValidationCallback judge, X509ChainPolicy? chain = null) => new()
        {
            EnabledSslProtocols = Versions,
            AllowTlsResume = false,
            ClientCertificateContext = own?.TlsContext,
            CertificateChainPolicy = chain ?? NoChain(),
            RemoteCertificateValidationCallback = judge,
        };

    /// <summary>For Kestrel's <c>TlsHandshakeCallbackOptions</c>: a server that lets nobody in without a certificate.</summary>
    /// <param name="own">Who serves.</param>
    /// <param name="time">The clock.</param>
    /// <param name="refused">Told why a handshake was ended.</param>
    public static SslServerAuthenticationOptions MutualServer(
        NodeIdentity own, TimeProvider time, Action<CertificateRefusal>? refused = null) => new()
        {
            EnabledSslProtocols = Versions,
            AllowTlsResume = false,
            AllowRenegotiation = false,
            ServerCertificateContext = own.TlsContext,
            ClientCertificateRequired = true,
            CertificateChainPolicy = NoChain(),
            RemoteCertificateValidationCallback =
                (_, certificate, _, _) => Accept(CertificateCheck.Check(certificate, print: null, time.GetUtcNow()), refused),
        };

    /// <summary>For Kestrel's <c>TlsHandshakeCallbackOptions</c>: a server that anybody may call, known by the key of its certificate.</summary>
    /// <param name="certificate">
    /// Made with <c>offline: true</c>, so that nothing is looked for on the network; give the current one at each handshake, and a new
    /// certificate serves without a restart.
    /// </param>
    public static SslServerAuthenticationOptions Server(SslStreamCertificateContext certificate) => new()
    {
        EnabledSslProtocols = Versions,
        AllowTlsResume = false,
        AllowRenegotiation = false,
        ServerCertificateContext = certificate,
    };

    static bool Accept(CertificateRefusal refusal, Action<CertificateRefusal>? refused)
    {
        if (refusal == CertificateRefusal.None)
            return true;
        refused?.Invoke(refusal);
        return false;
    }

    // The chain is built before it is asked for, and would go and fetch whatever address a stranger's certificate names.
    static X509ChainPolicy NoChain() => new()
    {
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
        TrustMode = X509ChainTrustMode.CustomRootTrust,
    };
}
