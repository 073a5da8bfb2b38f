using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using P2P.Contracts.DirectoryV1;

namespace P2P.Content;

/// <summary>The public keys that a directory has published, by their identifiers. Immutable.</summary>
public sealed class TicketKeySet
{
    /// <summary>No more keys are read than this: a directory has two or three.</summary>
    const int MostKeys = 16;

    const string KeyType = "EC", Curve = "P-256", Algorithm = "ES256", Use = "sig";
    const int CoordinateBytes = 32;

    readonly ImmutableDictionary<string, ECParameters> _keys;

    TicketKeySet(ImmutableDictionary<string, ECParameters> keys) => _keys = keys;

    public static TicketKeySet Empty { get; } = new(ImmutableDictionary<string, ECParameters>.Empty.WithComparers(StringComparer.Ordinal));

    /// <summary>
    /// Takes the usable ones of the keys that the directory's Keys answered: EC, P-256, ES256, with the identifier that the key itself
    /// gives (RFC 7638). Others are left out, so that a directory may one day publish further kinds.
    /// </summary>
    public static TicketKeySet Of(IEnumerable<JsonWebKey> keys)
    {
        var usable = Empty._keys.ToBuilder();
        foreach (JsonWebKey key in keys.Take(MostKeys))
        {
            if (TryRead(key, out ECParameters parameters))
                usable[key.Kid] = parameters;
        }

        return new TicketKeySet(usable.ToImmutable());
    }

    public bool Knows(string keyId) => _keys.ContainsKey(keyId);

    /// <summary>Whether the signature is that of the bytes by that key; null if there is no such key.</summary>
    internal bool? Verify(string keyId, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (!_keys.TryGetValue(keyId, out ECParameters parameters))
            return null;
        using ECDsa key = ECDsa.Create(parameters);
        return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    internal static JsonWebKey ToJsonWebKey(ECPoint point)
    {
        string x = TicketText.Encode(point.X), y = TicketText.Encode(point.Y);
        return new JsonWebKey { Kty = KeyType, Crv = Curve, X = x, Y = y, Kid = Thumbprint(x, y), Alg = Algorithm, Use = Use };
    }

    static bool TryRead(JsonWebKey key, out ECParameters parameters)
    {
        parameters = default;
        if ((key.Kty, key.Crv, key.Alg, key.Use) != (KeyType, Curve, Algorithm, Use) || key.Kid != Thumbprint(key.X, key.Y)
            || !TryCoordinate(key.X, out byte[]? x) || !TryCoordinate(key.Y, out byte[]? y))
            return false;
        parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } };
        return IsOnCurve(parameters);
    }

    static bool TryCoordinate(string text, [NotNullWhen(true)] out byte[]? bytes) =>
        TicketText.TryDecode(text, out bytes) && bytes.Length == CoordinateBytes;

    static bool IsOnCurve(ECParameters parameters)
    {
        try
        {
            using var key = ECDsa.Create(parameters);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    static string Thumbprint(string x, string y) => TicketText.Encode(
        SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"crv":"{{Curve}}","kty":"{{KeyType}}","x":"{{x}}","y":"{{y}}"}""")));
}
