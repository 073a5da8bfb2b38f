using System.Numerics;

namespace P2P.Content;

/// <summary>
/// The form of the Merkle tree over a file of a given length. Level 0 is the 16 KiB blocks; level <see cref="Height"/> is
/// the root. BEP 52 pads the leaves with zero hashes to a power of two; nodes that cover only padding are never stored or
/// sent, for anyone can compute them (<see cref="MerkleHash.Padding"/>).
/// </summary>
public readonly record struct TreeShape
{
    /// <summary>Bytes of a block, the smallest unit that is verified.</summary>
    public const int BlockSize = 16 * 1024;

    /// <summary>The longest file: 512 TiB, so that the layer of piece hashes fits an array and no sum of offsets overflows.</summary>
    public const long MaxLength = 1L << 49;

    /// <param name="length">Bytes of the file, 0 to <see cref="MaxLength"/>.</param>
    public TreeShape(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxLength);
        Length = length;
    }

    public long Length { get; }

    /// <summary>Blocks, the last of which may be short; 0 for the empty file.</summary>
    public long Blocks => (Length + BlockSize - 1) / BlockSize;

    /// <summary>Level of the root: 0 for a file of one block or none.</summary>
    public int Height => Blocks <= 1 ? 0 : 64 - BitOperations.LeadingZeroCount((ulong)Blocks - 1);

    /// <summary>Nodes at a level that cover at least one block.</summary>
    public long NodesAt(int level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        return level >= Height ? Math.Min(Blocks, 1) : (Blocks + (1L << level) - 1) >> level;
    }

    /// <summary>Bytes of block <paramref name="block"/>.</summary>
    public int BlockLength(long block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, Blocks);
        return (int)Math.Min(BlockSize, Length - block * BlockSize);
    }
}
