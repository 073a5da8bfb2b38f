using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using P2P.Content;

namespace P2P.Server.Hosting;

/// <summary>A certificate with its chain, and its key: PEM files.</summary>
/// <param name="Certificate">Null for one that the directory makes itself, and keeps in its data folder.</param>
/// <param name="Key">The key's file; null where it is in the certificate's.</param>
sealed record CertificateFiles(string? Certificate, string? Key);

/// <summary>
/// The certificate that the directory shows. A given one is read again when its files change; one of its own is a P-256 key that stays, so
/// that clients know the directory by the key's print.
/// </summary>
sealed class DirectoryCertificate : IDisposable
{
    public const string OwnCertificateFile = "certificate.pem";
    public const string OwnKeyFile = "key.pem";

    readonly CertificateFiles _files;
    readonly NodeIdentity? _own;
    readonly Lock _lock = new();
    volatile Loaded _now;
    byte[] _seen;

    DirectoryCertificate(CertificateFiles files, NodeIdentity? own)
    {
        _files = files;
        _own = own;
        _seen = own is null ? Contents() : [];
        _now = own is null ? Load(_seen) : new Loaded(own.TlsContext, own.Certificate);
    }

    /// <summary>The print of its key; null if that is of a kind which has none: such a certificate is one that others vouch for.</summary>
    public string? Print => KeyPrint.Of(_now.Certificate);

    /// <summary>Whether it is of the directory's own making.</summary>
    public bool IsOwn => _own is not null;

    /// <summary>The key and certificate of the directory's own making; null for given ones.</summary>
    public NodeIdentity? Own => _own;

    public SslStreamCertificateContext Context => _now.Context;

    /// <exception cref="StartRefusedException">The files cannot be used; the message says why.</exception>
    public static DirectoryCertificate Open(CertificateFiles files, string dataFolder, TimeProvider time)
    {
        try
        {
            var own = files.Certificate is null
                ? NodeIdentity.Open(new IdentityFiles(Path.Combine(dataFolder, OwnKeyFile), Path.Combine(dataFolder, OwnCertificateFile)), OwnNames(), time)
                : null;
            return new DirectoryCertificate(files, own);
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            throw new StartRefusedException(ExitCodes.Usage, $"The certificate cannot be used: {exception.Message}");
        }
    }

    /// <summary>Reads the files again if they have changed.</summary>
    /// <returns>Whether the next handshake shows another certificate; a problem if the files cannot be used, and the old one stays.</returns>
    public (bool Changed, string? Problem) Reload()
    {
        if (_own is not null)
        {
            return (false, null);
        }

        lock (_lock)
        {
            try
            {
                var contents = Contents();
                if (contents.AsSpan().SequenceEqual(_seen))
                {
                    return (false, null);
                }

                // Told once: a half-written pair that is then completed is seen as yet another change.
                _seen = contents;
                _now = Load(contents);
                return (true, null);
            }
            catch (Exception exception) when (IsUnusable(exception))
            {
                return (false, exception.Message);
            }
        }
    }

    /// <summary>TLS 1.2 and later, no renegotiation; each handshake takes the certificate that counts then.</summary>
    public void Configure(HttpsConnectionAdapterOptions https)
    {
        // Without it Kestrel looks for a certificate of its own; what counts is set below.
        https.ServerCertificateSelector = (_, _) => _now.Certificate;
        https.OnAuthenticate = (_, handshake) =>
        {
            var rules = PinnedTls.Server(Context);
            handshake.ServerCertificateSelectionCallback = null;
            handshake.ServerCertificateContext = rules.ServerCertificateContext;
            handshake.EnabledSslProtocols = rules.EnabledSslProtocols;
            handshake.AllowTlsResume = rules.AllowTlsResume;
            handshake.AllowRenegotiation = rules.AllowRenegotiation;
        };
    }

    public void Dispose() => _own?.Dispose();

    /// <summary>For browsers and curl, which look at names.</summary>
    static string[] OwnNames() => [.. new[] { "localhost", Dns.GetHostName(), "127.0.0.1", "::1" }.Distinct(StringComparer.OrdinalIgnoreCase)];

    byte[] Contents()
    {
        var certificate = File.ReadAllBytes(_files.Certificate!);
        return _files.Key is null ? certificate : [.. certificate, (byte)'\n', .. File.ReadAllBytes(_files.Key)];
    }

    static Loaded Load(byte[] contents)
    {
        var pem = System.Text.Encoding.UTF8.GetString(contents);
        var certificate = X509Certificate2.CreateFromPem(pem, pem);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        // Offline: no issuer is looked for on the network. The old one is left to the handshakes that are under way.
        return new Loaded(SslStreamCertificateContext.Create(certificate, chain, offline: true), certificate);
    }

    static bool IsUnusable(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    sealed record Loaded(SslStreamCertificateContext Context, X509Certificate2 Certificate);
}
