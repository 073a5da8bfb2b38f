using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;

namespace P2P.Content.Tests.Identity;

public sealed class NodeIdentityTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero));

    IdentityFiles Files => new(_folder.File("key"), _folder.File("crt"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_Twice_IsTheSameKeyForTheOwnerOnly()
    {
        using NodeIdentity first = Open(), second = Open();

        Assert.Equal(first.Print, second.Print);
        Assert.Equal(first.Certificate.Thumbprint, second.Certificate.Thumbprint);
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
        foreach (string file in Directory.GetFiles(_folder.Path))
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void Print_Key_IsTheHashOfItsPublicHalf()
    {
        using NodeIdentity identity = Open();

        using ECDsa read = ECDsa.Create();
        read.ImportFromPem(File.ReadAllText(Files.Key));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(read.ExportSubjectPublicKeyInfo())), identity.Print);
        Assert.Equal(identity.Print, KeyPrint.Of(identity.Certificate));
        Assert.True(KeyPrint.IsPrint(identity.Print));
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(11, true)]
    public void Open_YearsLater_RenewsTheCertificateAndKeepsTheKey(int years, bool renewed)
    {
        using NodeIdentity before = Open();
        _time.Advance(TimeSpan.FromDays(366 * years));

        using NodeIdentity after = Open();

        Assert.Equal(before.Print, after.Print);
        Assert.Equal(renewed, before.Certificate.Thumbprint != after.Certificate.Thumbprint);
        Assert.Equal(CertificateRefusal.None, CertificateCheck.Check(after.Certificate, before.Print, _time.GetUtcNow()));
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    public void Certificate_ClockOfTheOtherSideIsWrong_IsValidAllTheSame(int days)
    {
        using NodeIdentity identity = Open();

        Assert.Equal(CertificateRefusal.None, CertificateCheck.Check(identity.Certificate, identity.Print, _time.GetUtcNow().AddDays(days)));
    }

    [Fact]
    public void Open_CertificateDamagedOrOfAnotherKey_MakesItAnew()
    {
        using NodeIdentity first = Open();
        File.WriteAllText(Files.Certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        using NodeIdentity mended = Open();
        File.Delete(Files.Key);
        using NodeIdentity other = Open();

        Assert.Equal(first.Print, mended.Print);
        Assert.NotEqual(first.Print, other.Print);
        Assert.Equal(other.Print, KeyPrint.Of(X509Certificate2.CreateFromPem(File.ReadAllText(Files.Certificate))));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("rsa")]
    [InlineData("P-384")]
    public void Open_NoP256KeyInTheFile_SaysWhatToDo(string kind)
    {
        using RSA rsa = RSA.Create(2048);
        using ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(Files.Key, kind switch { "rsa" => rsa.ExportPkcs8PrivateKeyPem(), "P-384" => curve.ExportPkcs8PrivateKeyPem(), _ => kind });

        IOException error = Assert.Throws<IOException>(Open);

        Assert.Contains("Remove it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PrintOf_PointInAnotherForm_IsNoPrint()
    {
        using NodeIdentity identity = Open();
        byte[] key = identity.PublicKey.ToArray();
        byte[] compressed = [0x30, 0x39, .. key.AsSpan(2, 21), 0x03, 0x22, 0x00, 0x02, .. key.AsSpan(27, 32)];

        Assert.Equal(identity.Print, KeyPrint.Of(key));
        Assert.Null(KeyPrint.Of(compressed));
        Assert.Null(KeyPrint.Of([.. key, 0]));
        Assert.Null(KeyPrint.Of(ReadOnlySpan<byte>.Empty));
    }

    NodeIdentity Open() => NodeIdentity.Open(Files, [], _time);
}
