namespace P2P.Content;

/// <summary>Knows the hashes of an aligned run of blocks of a content, proved to its root, and checks blocks against them.</summary>
public sealed class BlockVerifier
{
    const int AtOnce = 16;

    readonly ReadOnlyMemory<byte> _hashes;

    BlockVerifier(TreeShape shape, long first, ReadOnlyMemory<byte> hashes)
    {
        First = first;
        End = Math.Min(shape.Blocks, first + hashes.Length / MerkleHash.Size);
        _hashes = hashes;
    }

    /// <summary>The first block whose hash is known.</summary>
    public long First { get; }

    /// <summary>After the last one.</summary>
    public long End { get; }

    /// <summary>Null if the proof does not lead to the root, or is not of blocks.</summary>
    public static BlockVerifier? Create(ContentId content, MerkleProof blocks) =>
        blocks.Level == 0 && blocks.Proves(content)
            ? new BlockVerifier(new TreeShape(content.Length), blocks.Index, blocks.Nodes)
            : null;

    /// <summary>The hashes of blocks of the run.</summary>
    public ReadOnlyMemory<byte> Hashes(long block, int count) => _hashes.Slice((int)(block - First) * MerkleHash.Size, count * MerkleHash.Size);

    /// <summary>Checks bytes that begin with a block of the run, block by block.</summary>
    /// <param name="block">The block with which the bytes begin.</param>
    /// <param name="bytes">Whole blocks; the content's last may be short.</param>
    /// <returns>The first block that is wrong; null if none is.</returns>
    public long? FirstWrong(long block, ReadOnlySpan<byte> bytes)
    {
        Span<byte> hashes = stackalloc byte[AtOnce * MerkleHash.Size];
        while (bytes.Length > 0)
        {
            ReadOnlySpan<byte> part = bytes[..Math.Min(AtOnce * TreeShape.BlockSize, bytes.Length)];
            int count = (part.Length + TreeShape.BlockSize - 1) / TreeShape.BlockSize;
            MerkleHash.Blocks(part, hashes);
            ReadOnlySpan<byte> proved = Hashes(block, count).Span;
            int same = proved.CommonPrefixLength(hashes[..proved.Length]);
            if (same < proved.Length)
                return block + same / MerkleHash.Size;
            block += count;
            bytes = bytes[part.Length..];
        }

        return null;
    }
}
