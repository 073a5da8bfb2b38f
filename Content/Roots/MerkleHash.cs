using System.Security.Cryptography;

namespace P2P.Content;

/// <summary>The two hash functions of the tree, and the hashes of its padding.</summary>
public static class MerkleHash
{
    public const int Size = ContentRoot.Size;

    // A tree over MaxLength bytes has 36 levels; the rest makes every "level + 1" legal.
    const int Levels = 40;

    const int Pair = 2 * Size;

    // All lanes together take as long as this many blocks one after another.
    const int FewestInLanes = 9;

    static readonly byte[] PaddingHashes = ComputePadding();

    /// <summary>Hash of a block, which is at most 16 KiB; a short last block is hashed as it is.</summary>
    public static void Block(ReadOnlySpan<byte> block, Span<byte> destination) => SHA256.HashData(block, destination);

    /// <summary>Hashes of blocks that lie side by side; the last may be short.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="hashes">32 bytes for each.</param>
    public static void Blocks(ReadOnlySpan<byte> blocks, Span<byte> hashes)
    {
        while (Sha256Lanes.IsSupported && blocks.Length >= FewestInLanes * TreeShape.BlockSize)
        {
            int count = Math.Min(Sha256Lanes.Count, blocks.Length / TreeShape.BlockSize);
            Sha256Lanes.Hash(blocks[..(count * TreeShape.BlockSize)], TreeShape.BlockSize, hashes);
            blocks = blocks[(count * TreeShape.BlockSize)..];
            hashes = hashes[(count * Size)..];
        }

        for (; blocks.Length > 0; hashes = hashes[Size..])
        {
            ReadOnlySpan<byte> block = blocks[..Math.Min(TreeShape.BlockSize, blocks.Length)];
            Block(block, hashes);
            blocks = blocks[block.Length..];
        }
    }

    /// <summary>Hashes of nodes whose children lie side by side.</summary>
    /// <param name="children">64 bytes for each node.</param>
    /// <param name="parents">32 bytes for each; may be where the children are.</param>
    public static void Nodes(ReadOnlySpan<byte> children, Span<byte> parents)
    {
        while (Sha256Lanes.IsSupported && children.Length >= 2 * Pair)
        {
            int count = Math.Min(Sha256Lanes.Count, children.Length / Pair);
            Sha256Lanes.Hash(children[..(count * Pair)], Pair, parents);
            children = children[(count * Pair)..];
            parents = parents[(count * Size)..];
        }

        for (; children.Length > 0; parents = parents[Size..])
        {
            Node(children[..Pair], parents);
            children = children[Pair..];
        }
    }

    /// <summary>Hash of a node from its two children, which lie side by side.</summary>
    public static void Node(ReadOnlySpan<byte> children, Span<byte> destination) => SHA256.HashData(children, destination);

    /// <summary>Hash of a node of <paramref name="level"/> that covers nothing but padding.</summary>
    public static ReadOnlySpan<byte> Padding(int level) => PaddingHashes.AsSpan(level * Size, Size);

    static byte[] ComputePadding()
    {
        byte[] hashes = new byte[Levels * Size];
        Span<byte> children = stackalloc byte[Pair];
        for (int level = 1; level < Levels; level++)
        {
            hashes.AsSpan((level - 1) * Size, Size).CopyTo(children);
            hashes.AsSpan((level - 1) * Size, Size).CopyTo(children[Size..]);
            Node(children, hashes.AsSpan(level * Size, Size));
        }

        return hashes;
    }
}
