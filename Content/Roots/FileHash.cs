namespace P2P.Content;

/// <summary>What hashing a file gives.</summary>
/// <param name="Content">Root and length.</param>
/// <param name="PieceLayer">Hashes of the pieces of <see cref="PieceGeometry"/>; empty for the empty file.</param>
/// <param name="Stamp">State of the file before and after it was read.</param>
public sealed record FileHash(ContentId Content, ReadOnlyMemory<byte> PieceLayer, FileStamp Stamp)
{
    /// <summary>The longest file whose block hashes are kept: they take 128 MiB then.</summary>
    public const long MostForBlocks = 64L << 30;

    /// <summary>Hashes of the blocks; empty unless they were asked for, and for a file beyond <see cref="MostForBlocks"/>.</summary>
    public ReadOnlyMemory<byte> BlockLayer { get; init; }

    public PieceGeometry Geometry => new(Content.Length);

    /// <summary>The tree above the pieces, to serve proofs from.</summary>
    public MerkleTree ToTree() => MerkleTree.FromLayer(Geometry.Shape, Geometry.PieceLevel, PieceLayer.Span);
}
