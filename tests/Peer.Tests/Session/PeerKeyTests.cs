using System.Security.Cryptography;
using System.Text;
using P2P.Peers.Session;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Session;

public sealed class PeerKeyTests : IDisposable
{
    readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Open_Twice_IsTheSameKeyForTheOwnerOnly()
    {
        using var first = PeerKey.Open(_temporary.File("key"));
        using var second = PeerKey.Open(_temporary.File("key"));

        Assert.Equal(first.Print, second.Print);
        Assert.Single(Directory.GetFiles(_temporary.Path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_temporary.File("key")));
        }
    }

    [Fact]
    public void Prove_Nonce_SignsWhatTheContractSays()
    {
        using var key = PeerKey.Open(_temporary.File("key"));
        var nonce = RandomNumberGenerator.GetBytes(32);

        var proof = key.Prove("añа", nonce);

        using var reader = ECDsa.Create();
        reader.ImportSubjectPublicKeyInfo(proof.PublicKey.Span, out _);
        byte[] signed = [.. "p2p.directory.v1 login"u8, 0, .. nonce, .. Encoding.UTF8.GetBytes("añа")];
        Assert.True(reader.VerifyData(
            signed, proof.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.Equal(64, proof.Signature.Length);
        Assert.Equal(key.Print, Convert.ToHexStringLower(SHA256.HashData(proof.PublicKey.Span)));
    }

    [Fact]
    public void Open_NoKeyInTheFile_SaysWhatToDo()
    {
        File.WriteAllText(_temporary.File("key"), "garbage");

        var error = Assert.Throws<IOException>(() => PeerKey.Open(_temporary.File("key")));

        Assert.Contains("Remove it", error.Message, StringComparison.Ordinal);
    }
}
