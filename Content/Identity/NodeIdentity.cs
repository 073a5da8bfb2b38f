using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace P2P.Content;

/// <summary>Where an identity is kept; both files are for their owner only.</summary>
/// <param name="Key">The private key: PKCS #8, PEM. It is the identity.</param>
/// <param name="Certificate">The certificate: PEM. It can be made again from the key at any time.</param>
public sealed record IdentityFiles(string Key, string Certificate);

/// <summary>
/// Who a program is to others: a P-256 key, and a self-signed certificate that carries it into TLS. The key is made at the first start and
/// stays; the certificate is made anew from the same key when it is lost or more than half of its time is over.
/// </summary>
public sealed class NodeIdentity : IDisposable
{
    const int LifetimeYears = 20;
    const int RenewalYears = 10;
    const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    NodeIdentity(ECDsa key, X509Certificate2 certificate)
    {
        Key = key;
        Certificate = certificate;
        PublicKey = key.ExportSubjectPublicKeyInfo();
        Print = KeyPrint.Of(PublicKey.Span)!;
        // Offline: no issuer is looked for on the network.
        TlsContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    /// <summary>The key. Disposed with the identity.</summary>
    public ECDsa Key { get; }

    /// <summary>The public key: SubjectPublicKeyInfo, DER.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>The certificate with its private key. Disposed with the identity.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The certificate as TLS uses it, on either side.</summary>
    public SslStreamCertificateContext TlsContext { get; }

    /// <summary>The key's print, by which others know us.</summary>
    public string Print { get; }

    /// <summary>Reads an identity, or makes one.</summary>
    /// <param name="files">Where it is; the folder exists.</param>
    /// <param name="hosts">
    /// Names and addresses for clients that look at them, such as browsers; ours do not. None is needed. They count only when the certificate
    /// is made.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The files cannot be read or written, or the key's file holds no P-256 key.</exception>
    public static NodeIdentity Open(IdentityFiles files, IReadOnlyCollection<string> hosts, TimeProvider time)
    {
        ECDsa key = OpenKey(files.Key);
        try
        {
            using X509Certificate2 bare = Find(files.Certificate, key, time.GetUtcNow()) ?? Create(files.Certificate, key, hosts, time.GetUtcNow());
            return new NodeIdentity(key, Join(bare, key));
        }
        catch (Exception)
        {
            key.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Certificate.Dispose();
        Key.Dispose();
    }

    static ECDsa OpenKey(string file)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (!File.Exists(file))
                SecretFile.Create(file, key.ExportPkcs8PrivateKeyPem());
            // Another process may have been faster: what lies there counts.
            key.ImportFromPem(File.ReadAllText(file));
            return KeyPrint.Of(key.ExportSubjectPublicKeyInfo()) is null ? throw new CryptographicException("It is of another curve.") : key;
        }
        catch (Exception damage) when (damage is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new IOException($"{file} holds no P-256 key. Remove it to start with a new identity.", damage);
        }
    }

    // Null unless it is there, for this key, and good for a long time.
    static X509Certificate2? Find(string file, ECDsa key, DateTimeOffset now)
    {
        if (!File.Exists(file))
            return null;
        try
        {
            X509Certificate2 found = X509Certificate2.CreateFromPem(File.ReadAllText(file));
            if (CertificateCheck.Check(found, KeyPrint.Of(key.ExportSubjectPublicKeyInfo()), now.AddYears(RenewalYears)) == CertificateRefusal.None)
                return found;
            found.Dispose();
        }
        catch (CryptographicException)
        {
            // Damaged: nothing is lost with it.
        }

        return null;
    }

    // Valid since 1970, so that a machine whose clock lags behind takes it too.
    static X509Certificate2 Create(string file, ECDsa key, IReadOnlyCollection<string> hosts, DateTimeOffset now)
    {
        CertificateRequest request = new("CN=p2p", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication), new Oid(ClientAuthentication)], false));
        if (hosts.Count > 0)
            request.CertificateExtensions.Add(Names(hosts));
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        X509SignatureGenerator signer = X509SignatureGenerator.CreateForECDsa(key);
        X509Certificate2 made = request.Create(request.SubjectName, signer, DateTimeOffset.UnixEpoch, now.AddYears(LifetimeYears), serial);
        SecretFile.Replace(file, made.ExportCertificatePem());
        return made;
    }

    static X509Extension Names(IReadOnlyCollection<string> hosts)
    {
        SubjectAlternativeNameBuilder names = new();
        foreach (string host in hosts)
        {
            if (IPAddress.TryParse(host, out IPAddress? address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        return names.Build();
    }

    // Windows wants the key in its own store, and takes it from PKCS #12 only.
    static X509Certificate2 Join(X509Certificate2 bare, ECDsa key)
    {
        X509Certificate2 joined = bare.CopyWithPrivateKey(key);
        if (!OperatingSystem.IsWindows())
            return joined;
        using (joined)
            return X509CertificateLoader.LoadPkcs12(joined.Export(X509ContentType.Pkcs12), null);
    }
}
