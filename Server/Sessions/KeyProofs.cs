using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Sessions;

/// <summary>
/// Nonces and proofs of keys. A nonce is 16 random bytes and a keyed print of them and of its minute, so that handing out nonces
/// to strangers takes no memory; only used ones are remembered, for as long as they would be good.
/// </summary>
sealed class KeyProofs(TimeProvider time)
{
    /// <summary>A nonce is good for this long, and at most twice as long.</summary>
    public const int NonceSeconds = 60;

    const int RandomLength = 16;
    static readonly byte[] Purpose = "p2p.directory.v1 login\0"u8.ToArray();

    readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    readonly ConcurrentDictionary<string, long> _used = new(StringComparer.Ordinal);
    readonly long _started = time.GetTimestamp();
    long _swept;

    long Slot => (long)time.GetElapsedTime(_started).TotalSeconds / NonceSeconds;

    public byte[] NewNonce()
    {
        var random = RandomNumberGenerator.GetBytes(RandomLength);
        return [.. random, .. Print(random, Slot)];
    }

    /// <summary>The key's print if the proof is good; else null. A nonce that was tried is used up.</summary>
    public string? Verify(KeyProof proof, string user)
    {
        var nonce = proof.Nonce.ToByteArray();
        return IsMine(nonce) && Use(nonce) && IsSigned(proof, user)
            ? Convert.ToHexStringLower(SHA256.HashData(proof.PublicKey.Span))
            : null;
    }

    bool IsMine(byte[] nonce)
    {
        var random = nonce.AsSpan(0, RandomLength);
        var print = nonce.AsSpan(RandomLength);
        var slot = Slot;
        return CryptographicOperations.FixedTimeEquals(print, Print(random, slot))
            || CryptographicOperations.FixedTimeEquals(print, Print(random, slot - 1));
    }

    bool Use(byte[] nonce)
    {
        var slot = Slot;
        // Once a slot: who tries many nonces must not make each try look at all the others.
        if (Interlocked.Exchange(ref _swept, slot) != slot)
        {
            foreach (var (old, _) in _used.Where(entry => entry.Value < slot - 1))
            {
                _used.TryRemove(old, out _);
            }
        }

        return _used.TryAdd(Convert.ToHexString(nonce), slot);
    }

    static bool IsSigned(KeyProof proof, string user)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(proof.PublicKey.Span, out var read);
            if (read != proof.PublicKey.Length || !IsP256(key))
            {
                return false;
            }

            byte[] signed = [.. Purpose, .. proof.Nonce.Span, .. Encoding.UTF8.GetBytes(user)];
            return key.VerifyData(
                signed, proof.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    static bool IsP256(ECDsa key) =>
        key.ExportParameters(false).Curve.Oid is { } oid && (oid.Value == "1.2.840.10045.3.1.7" || oid.FriendlyName == "nistP256");

    byte[] Print(ReadOnlySpan<byte> random, long slot)
    {
        Span<byte> text = [.. random, .. Encoding.ASCII.GetBytes(slot.ToString(CultureInfo.InvariantCulture))];
        return HMACSHA256.HashData(_key, text)[..RandomLength];
    }
}
