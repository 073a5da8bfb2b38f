using System.Buffers.Binary;

namespace P2P.Server.Catalogs;

/// <summary>A pieces root as a value of 32 bytes.</summary>
readonly record struct RootKey(ulong A, ulong B, ulong C, ulong D) : IComparable<RootKey>
{
    public const int Length = 32;

    /// <summary>The root of 64 hexadecimal digits.</summary>
    public static RootKey Parse(string hex)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (hex.Length != 2 * Length || Convert.FromHexString(hex, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            throw new FormatException("A root is 64 hexadecimal digits.");
        }

        return Read(bytes);
    }

    public static RootKey Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, A);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], D);
    }

    public int CompareTo(RootKey other)
    {
        var order = A.CompareTo(other.A);
        order = order != 0 ? order : B.CompareTo(other.B);
        order = order != 0 ? order : C.CompareTo(other.C);
        return order != 0 ? order : D.CompareTo(other.D);
    }

    /// <summary>64 lowercase hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}

/// <summary>What a file is: its root and its length. The root alone does not tell.</summary>
readonly record struct ContentKey(RootKey Root, long Length);
