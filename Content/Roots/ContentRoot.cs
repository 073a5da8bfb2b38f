using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace P2P.Content;

/// <summary>
/// The BitTorrent v2 pieces root of a file (BEP 52): the top of the SHA-256 Merkle tree over its 16 KiB blocks.
/// As text always 64 lowercase hex digits. The empty file, which has no tree, has 32 zero bytes (<see cref="Empty"/>).
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
public readonly struct ContentRoot : IEquatable<ContentRoot>, IComparable<ContentRoot>
{
    /// <summary>Bytes of a root, and of every other hash in the tree.</summary>
    public const int Size = 32;

    readonly ulong _a, _b, _c, _d;

    /// <param name="bytes">Exactly 32 bytes.</param>
    public ContentRoot(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size, nameof(bytes));
        this = MemoryMarshal.Read<ContentRoot>(bytes);
    }

    /// <summary>The root of the empty file.</summary>
    public static ContentRoot Empty => default;

    public bool IsEmpty => (_a | _b | _c | _d) == 0;

    /// <summary>The 32 bytes, in place.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(new ReadOnlySpan<ContentRoot>(in this));

    /// <summary>Accepts 64 lowercase hex digits and nothing else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ContentRoot root)
    {
        root = default;
        if (text.Length != Size * 2 || text.ContainsAnyInRange('A', 'F'))
            return false;
        Span<byte> bytes = stackalloc byte[Size];
        if (Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        root = new ContentRoot(bytes);
        return true;
    }

    /// <exception cref="FormatException">Not 64 lowercase hex digits.</exception>
    public static ContentRoot Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out ContentRoot root) ? root : throw new FormatException("A root is 64 lowercase hex digits.");

    public byte[] ToArray() => Bytes.ToArray();

    public bool Equals(ContentRoot other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ContentRoot other && Equals(other);

    // Peers choose the roots they claim, so the hash is the framework's seeded one: no one can aim at a bucket.
    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    public int CompareTo(ContentRoot other) => Bytes.SequenceCompareTo(other.Bytes);

    public override string ToString() => Convert.ToHexStringLower(Bytes);

    public static bool operator ==(ContentRoot left, ContentRoot right) => left.Equals(right);

    public static bool operator !=(ContentRoot left, ContentRoot right) => !left.Equals(right);

    public static bool operator <(ContentRoot left, ContentRoot right) => left.CompareTo(right) < 0;

    public static bool operator >(ContentRoot left, ContentRoot right) => left.CompareTo(right) > 0;

    public static bool operator <=(ContentRoot left, ContentRoot right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ContentRoot left, ContentRoot right) => left.CompareTo(right) >= 0;
}
