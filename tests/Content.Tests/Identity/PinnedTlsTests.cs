using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace P2P.Content.Tests.Identity;

/// <summary>TRUST.md §2, Wire and Peer identity: downgrade and impersonation. What does not fit gets 0 bytes of the application.</summary>
public sealed class PinnedTlsTests : IDisposable
{
    readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Connect_BothAsExpected_BytesPassBothWays()
    {
        NodeIdentity server = _certificates.Identity("server"), client = _certificates.Identity("client");

        TlsOutcome outcome = await TlsPair.ConnectAsync(
            PinnedTls.MutualServer(server, TimeProvider.System), PinnedTls.Client(server.Print, client, TimeProvider.System));

        Assert.Equal(new TlsOutcome(TlsPair.HelloLength, TlsPair.HelloLength), outcome);
    }

    [Theory]
    [InlineData("", CertificateRefusal.OtherKey)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", CertificateRefusal.OtherKey)]
    [InlineData("upper", CertificateRefusal.OtherKey)]
    [InlineData("swapped", CertificateRefusal.OtherKey)]
    public async Task Connect_AnotherPrint_NothingPasses(string print, CertificateRefusal expected)
    {
        NodeIdentity server = _certificates.Identity("server"), other = _certificates.Identity("other"), client = _certificates.Identity("client");
        string pinned = print switch { "swapped" => other.Print, "upper" => server.Print.ToUpperInvariant(), _ => print };

        TlsOutcome outcome = await TlsPair.ConnectAsync(
            PinnedTls.MutualServer(server, TimeProvider.System), PinnedTls.Client(pinned, client, TimeProvider.System));

        Assert.Equal(new TlsOutcome(0, 0, expected), outcome);
    }

    [Theory]
    [InlineData(1980, 2000, CertificateRefusal.Expired)]
    [InlineData(2200, 2201, CertificateRefusal.NotYetValid)]
    public async Task Connect_ServerWithTheRightKeyOutOfTime_NothingPasses(int from, int to, CertificateRefusal expected)
    {
        NodeIdentity server = _certificates.Identity("server"), client = _certificates.Identity("client");

        TlsOutcome outcome = await TlsPair.ConnectAsync(
            ServerWith(_certificates.Of(server, from, to)), PinnedTls.Client(server.Print, client, TimeProvider.System));

        Assert.Equal(new TlsOutcome(0, 0, expected), outcome);
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("P-384")]
    [InlineData("P-521")]
    public async Task Connect_ServerWithAKeyOfAnotherKind_NothingPasses(string kind)
    {
        X509Certificate2 certificate = Foreign(kind);
        string print = Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

        TlsOutcome outcome = await TlsPair.ConnectAsync(
            ServerWith(certificate), PinnedTls.Client(print, _certificates.Identity("client"), TimeProvider.System));

        Assert.Equal(new TlsOutcome(0, 0, CertificateRefusal.NotP256), outcome);
    }

    [Theory]
    [InlineData("none", CertificateRefusal.Missing)]
    [InlineData("expired", CertificateRefusal.Expired)]
    [InlineData("rsa", CertificateRefusal.NotP256)]
    [InlineData("P-384", CertificateRefusal.NotP256)]
    public async Task Connect_ClientWithoutAUsableCertificate_NothingPasses(string kind, CertificateRefusal expected)
    {
        NodeIdentity server = _certificates.Identity("server");
        SslClientAuthenticationOptions client = PinnedTls.Client(server.Print, own: null, TimeProvider.System);
        if (kind != "none")
        {
            X509Certificate2 shown = kind == "expired" ? _certificates.Of(_certificates.Identity("client"), 1980, 2000) : Foreign(kind);
            client.ClientCertificateContext = SslStreamCertificateContext.Create(shown, null, offline: true);
        }

        CertificateRefusal refusal = default;

        TlsOutcome outcome = await TlsPair.ConnectAsync(PinnedTls.MutualServer(server, TimeProvider.System, why => refusal = why), client);

        Assert.Equal(default, outcome);
        Assert.Equal(expected, refusal);
    }

    [Fact]
    public async Task Connect_ServerWithoutTls_NothingIsSentInTheClear()
    {
        NodeIdentity client = _certificates.Identity("client");

        TlsOutcome outcome = await TlsPair.ConnectAsync(server: null, PinnedTls.Client(client.Print, client, TimeProvider.System));

        Assert.Equal(new TlsOutcome(-1, 0), outcome);
    }

    [Fact]
    public async Task Server_AnybodyMayCall_ButWhoPinsAnotherKeySendsNothing()
    {
        NodeIdentity server = _certificates.Identity("server");

        TlsOutcome pinned = await TlsPair.ConnectAsync(
            PinnedTls.Server(server.TlsContext), PinnedTls.Client(server.Print, own: null, TimeProvider.System));
        TlsOutcome other = await TlsPair.ConnectAsync(
            PinnedTls.Server(server.TlsContext), PinnedTls.Client(_certificates.Identity("other").Print, own: null, TimeProvider.System));

        Assert.Equal(new TlsOutcome(TlsPair.HelloLength, TlsPair.HelloLength), pinned);
        Assert.Equal(new TlsOutcome(0, 0, CertificateRefusal.OtherKey), other);
    }

    X509Certificate2 Foreign(string kind) => kind switch
    {
        "rsa" => _certificates.Rsa(),
        "P-384" => _certificates.Curve(ECCurve.NamedCurves.nistP384),
        _ => _certificates.Curve(ECCurve.NamedCurves.nistP521),
    };

    static SslServerAuthenticationOptions ServerWith(X509Certificate2 certificate) =>
        PinnedTls.Server(SslStreamCertificateContext.Create(certificate, null, offline: true));
}
