using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace P2P.Server.Sessions;

/// <summary>Secrets that are shown once and kept as their SHA-256: they are random enough to need no salt.</summary>
static class Tokens
{
    /// <summary>256 random bits in base64url.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
