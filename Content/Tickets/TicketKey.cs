using System.Security.Cryptography;
using System.Text;
using P2P.Contracts.DirectoryV1;

namespace P2P.Content;

/// <summary>A P-256 key with which the directory signs tickets.</summary>
public sealed class TicketKey : IDisposable
{
    readonly ECDsa _key;
    readonly Lock _lock = new();

    TicketKey(ECDsa key)
    {
        _key = key;
        Public = TicketKeySet.ToJsonWebKey(key.ExportParameters(includePrivateParameters: false).Q);
    }

    /// <summary>The public half, as it is published.</summary>
    public JsonWebKey Public { get; }

    public static TicketKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads what <see cref="Export"/> wrote.</summary>
    /// <exception cref="CryptographicException">It is no such key.</exception>
    public static TicketKey Import(ReadOnlySpan<byte> pkcs8)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return new TicketKey(key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>The private key as PKCS #8.</summary>
    public byte[] Export() => _key.ExportPkcs8PrivateKey();

    /// <summary>The ticket as text.</summary>
    public string Sign(Ticket ticket)
    {
        string signed = TicketText.Write(Public.Kid, ticket);
        return $"{signed}.{TicketText.Encode(SignBytes(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>A nonce for a new ticket.</summary>
    public static string NewNonce() => TicketText.Encode(RandomNumberGenerator.GetBytes(16));

    public void Dispose() => _key.Dispose();

    // One at a time: the framework promises no more of a key.
    byte[] SignBytes(byte[] bytes)
    {
        lock (_lock)
        {
            return _key.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }
}
