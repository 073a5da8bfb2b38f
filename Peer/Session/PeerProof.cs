using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.Session;

/// <summary>Proves to the directory that this peer has its key.</summary>
static class PeerProof
{
    static readonly byte[] LoginContext = Encoding.ASCII.GetBytes("p2p.directory.v1 login\0");

    /// <param name="identity">Whose key.</param>
    /// <param name="user">Who logs in.</param>
    /// <param name="nonce">From Challenge.</param>
    public static KeyProof Of(NodeIdentity identity, string user, byte[] nonce)
    {
        byte[] signed = [.. LoginContext, .. nonce, .. Encoding.UTF8.GetBytes(user)];
        return new KeyProof
        {
            PublicKey = ByteString.CopyFrom(identity.PublicKey.Span),
            Nonce = ByteString.CopyFrom(nonce),
            Signature = ByteString.CopyFrom(
                identity.Key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)),
        };
    }
}
