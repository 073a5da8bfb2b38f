using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.Session;

/// <summary>This peer's P-256 key, which is its identity: <c>peer_id</c> is the print of its public half.</summary>
sealed class PeerKey : IDisposable
{
    static readonly byte[] LoginContext = Encoding.ASCII.GetBytes("p2p.directory.v1 login\0");

    readonly ECDsa _key;

    PeerKey(ECDsa key) => _key = key;

    /// <summary>SHA-256 of the public key (SubjectPublicKeyInfo), 64 lowercase hex digits.</summary>
    public string Print => Convert.ToHexStringLower(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()));

    /// <summary>Reads the key (PKCS #8, PEM), or makes one that only its owner may read.</summary>
    /// <exception cref="IOException">The file cannot be read or written, or holds no such key.</exception>
    public static PeerKey Open(string file)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (!File.Exists(file))
            {
                SecretFile.Create(file, key.ExportPkcs8PrivateKeyPem());
            }

            // Another process may have been faster: what lies there counts.
            key.ImportFromPem(File.ReadAllText(file));
            return new PeerKey(key);
        }
        catch (Exception damage) when (damage is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new IOException($"{file} holds no P-256 key. Remove it to start with a new identity.", damage);
        }
    }

    /// <summary>Proves to the directory that this peer has the key.</summary>
    public KeyProof Prove(string user, byte[] nonce)
    {
        byte[] signed = [.. LoginContext, .. nonce, .. Encoding.UTF8.GetBytes(user)];
        return new KeyProof
        {
            PublicKey = ByteString.CopyFrom(_key.ExportSubjectPublicKeyInfo()),
            Nonce = ByteString.CopyFrom(nonce),
            Signature = ByteString.CopyFrom(
                _key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)),
        };
    }

    public void Dispose() => _key.Dispose();
}
