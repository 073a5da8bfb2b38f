using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace P2P.Content;

/// <summary>
/// The print of a key, by which peers and directories are known: the SHA-256 of its SubjectPublicKeyInfo (RFC 5280) as 64 lowercase hex
/// digits. Only P-256 keys have one, in the one form that every library writes: a named curve and an uncompressed point (RFC 5480). What
/// is of another kind is refused by its bytes alone, so that no library is made to read a giant key or a curve of somebody's own.
/// </summary>
public static class KeyPrint
{
    /// <summary>Hex digits of a print.</summary>
    public const int Length = 64;

    const int KeyLength = 91;

    static ReadOnlySpan<byte> Beginning =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
        0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    /// <summary>The print of a public key; null if it is no P-256 key.</summary>
    /// <param name="subjectPublicKeyInfo">DER.</param>
    public static string? Of(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        subjectPublicKeyInfo.Length == KeyLength && subjectPublicKeyInfo.StartsWith(Beginning)
            ? Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo))
            : null;

    /// <summary>The print of a certificate's key; null if there is none, or it is no P-256 key.</summary>
    public static string? Of(X509Certificate? certificate)
    {
        try
        {
            return certificate is X509Certificate2 known ? Of(known.PublicKey.ExportSubjectPublicKeyInfo()) : null;
        }
        catch (CryptographicException)
        {
            // A key that cannot even be written out again.
            return null;
        }
    }

    /// <summary>Whether a text has the form of a print.</summary>
    public static bool IsPrint(string? text) => text is { Length: Length } && text.All(char.IsAsciiHexDigitLower);
}
