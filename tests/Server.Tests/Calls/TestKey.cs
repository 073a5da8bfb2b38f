using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Tests.Calls;

/// <summary>A peer's or reader's key, and what it proves with it.</summary>
sealed class TestKey : IDisposable
{
    readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Print => Convert.ToHexStringLower(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()));

    public Task<KeyProof> ProveAsync(TestDirectory directory, string user) => ProveAsync(directory, _key, user);

    /// <summary>Logs in as a peer, or without a port as a reader, and shares the files.</summary>
    public async Task<LoginResponse> LoginAsync(TestDirectory directory, string user, int port = 0, params FileEntry[] files)
    {
        var request = new LoginRequest { User = user, Password = "per12345", Proof = await ProveAsync(directory, user), Files = { files } };
        if (port == 0)
        {
            request.Reader = true;
        }
        else
        {
            request.Port = port;
        }

        return await directory.Client.LoginAsync(request, TestDirectory.Anonymous);
    }

    public static async Task<KeyProof> ProveAsync(TestDirectory directory, ECDsa key, string user)
    {
        var nonce = (await directory.Client.ChallengeAsync(new ChallengeRequest(), TestDirectory.Anonymous)).Nonce;
        byte[] signed = [.. "p2p.directory.v1 login\0"u8, .. nonce.Span, .. Encoding.UTF8.GetBytes(user)];
        return new KeyProof
        {
            PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()),
            Nonce = nonce,
            Signature = ByteString.CopyFrom(key.SignData(signed, HashAlgorithmName.SHA256)),
        };
    }

    public void Dispose() => _key.Dispose();
}
