using System.Security.Cryptography;

namespace P2P.Content;

/// <summary>The two hash functions of the tree, and the hashes of its padding.</summary>
public static class MerkleHash
{
    public const int Size = ContentRoot.Size;

    // A tree over MaxLength bytes has 36 levels; the rest makes every "level + 1" legal.
    const int Levels = 40;

    static readonly byte[] PaddingHashes = ComputePadding();

    /// <summary>Hash of a block, which is at most 16 KiB; a short last block is hashed as it is.</summary>
    public static void Block(ReadOnlySpan<byte> block, Span<byte> destination) => SHA256.HashData(block, destination);

    /// <summary>Hash of a node from its two children, which lie side by side.</summary>
    public static void Node(ReadOnlySpan<byte> children, Span<byte> destination) => SHA256.HashData(children, destination);

    /// <summary>Hash of a node of <paramref name="level"/> that covers nothing but padding.</summary>
    public static ReadOnlySpan<byte> Padding(int level) => PaddingHashes.AsSpan(level * Size, Size);

    static byte[] ComputePadding()
    {
        byte[] hashes = new byte[Levels * Size];
        Span<byte> children = stackalloc byte[2 * Size];
        for (int level = 1; level < Levels; level++)
        {
            hashes.AsSpan((level - 1) * Size, Size).CopyTo(children);
            hashes.AsSpan((level - 1) * Size, Size).CopyTo(children[Size..]);
            Node(children, hashes.AsSpan(level * Size, Size));
        }

        return hashes;
    }
}
