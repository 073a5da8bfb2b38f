using System.Security.Cryptography;
using System.Text;
using P2P.Content;
using P2P.Peers.Session;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Session;

public sealed class PeerProofTests : IDisposable
{
    readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Of_Nonce_SignsWhatTheContractSays()
    {
        using var identity = NodeIdentity.Open(new IdentityFiles(_temporary.File("key"), _temporary.File("crt")), [], TimeProvider.System);
        var nonce = RandomNumberGenerator.GetBytes(32);

        var proof = PeerProof.Of(identity, "añа", nonce);

        using var reader = ECDsa.Create();
        reader.ImportSubjectPublicKeyInfo(proof.PublicKey.Span, out _);
        byte[] signed = [.. "p2p.directory.v1 login"u8, 0, .. nonce, .. Encoding.UTF8.GetBytes("añа")];
        Assert.True(reader.VerifyData(
            signed, proof.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.Equal(64, proof.Signature.Length);
        Assert.Equal(identity.Print, Convert.ToHexStringLower(SHA256.HashData(proof.PublicKey.Span)));
    }
}
