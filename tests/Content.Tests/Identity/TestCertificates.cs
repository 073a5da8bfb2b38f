using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;

namespace P2P.Content.Tests.Identity;

/// <summary>Identities and certificates of one test.</summary>
sealed class TestCertificates : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<IDisposable> _made = [];

    /// <summary>An identity; one of that name is made once.</summary>
    /// <param name="name">Its files.</param>
    /// <param name="year">When its certificate is made; null for now.</param>
    public NodeIdentity Identity(string name, int? year = null)
    {
        TimeProvider time = year is null ? TimeProvider.System : new FakeTimeProvider(new DateTimeOffset(year.Value, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return Keep(NodeIdentity.Open(new IdentityFiles(_folder.File(name + ".key"), _folder.File(name + ".crt")), [], time));
    }

    public X509Certificate2 Rsa()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=p2p", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return Keep(request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200)));
    }

    public X509Certificate2 Curve(ECCurve curve)
    {
        using ECDsa key = ECDsa.Create(curve);
        CertificateRequest request = new("CN=p2p", key, HashAlgorithmName.SHA256);
        return Keep(request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200)));
    }

    /// <summary>A certificate of an identity's key for another time.</summary>
    public X509Certificate2 Of(NodeIdentity identity, int fromYear, int toYear)
    {
        CertificateRequest request = new("CN=p2p", identity.Key, HashAlgorithmName.SHA256);
        return Keep(request.CreateSelfSigned(
            new DateTimeOffset(fromYear, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(toYear, 1, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    public void Dispose()
    {
        foreach (IDisposable made in _made)
            made.Dispose();
        _folder.Dispose();
    }

    T Keep<T>(T made) where T : IDisposable
    {
        _made.Add(made);
        return made;
    }
}
