using System.Buffers.Text;
using System.Security.Cryptography;
using Google.Protobuf;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;

namespace P2P.Server.Catalogs;

/// <summary>
/// Page tokens: where the page before ended, bound to the query that it belongs to and sealed with the directory's key, so that a
/// forged token, or one of another query, is told from a good one.
/// </summary>
sealed class PageTokens(byte[] key)
{
    const int SealLength = 16;

    /// <param name="query">The request without its page token and size.</param>
    /// <param name="position">At most 700 bytes, so that the token stays below the contract's 1,024.</param>
    public string Seal(IMessage query, ReadOnlySpan<byte> position)
    {
        var token = new byte[SealLength + position.Length];
        position.CopyTo(token.AsSpan(SealLength));
        Mac(query, position).AsSpan(0, SealLength).CopyTo(token);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The position in a token; refuses one that is forged or of another query.</summary>
    public byte[] OpenOrRefuse(IMessage query, string token) =>
        Open(query, token) ?? throw new RefusalException(ErrorReason.BadPageToken, "The page token is forged, or of another query.");

    byte[]? Open(IMessage query, string token)
    {
        if (!Base64Url.IsValid(token))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length < SealLength)
        {
            return null;
        }

        var position = bytes[SealLength..];
        var seal = Mac(query, position).AsSpan(0, SealLength);
        return CryptographicOperations.FixedTimeEquals(seal, bytes.AsSpan(0, SealLength)) ? position : null;
    }

    byte[] Mac(IMessage query, ReadOnlySpan<byte> position)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(System.Text.Encoding.UTF8.GetBytes(query.Descriptor.FullName));
        mac.AppendData(SHA256.HashData(query.ToByteArray()));
        mac.AppendData(position);
        return mac.GetHashAndReset();
    }
}
