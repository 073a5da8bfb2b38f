namespace P2P.Content;

/// <summary>What hashing a file gives.</summary>
/// <param name="Content">Root and length.</param>
/// <param name="PieceLayer">Hashes of the pieces of <see cref="PieceGeometry"/>; empty for the empty file.</param>
/// <param name="Stamp">State of the file before and after it was read.</param>
public sealed record FileHash(ContentId Content, ReadOnlyMemory<byte> PieceLayer, FileStamp Stamp)
{
    public PieceGeometry Geometry => new(Content.Length);

    /// <summary>The tree above the pieces, to serve proofs from.</summary>
    public MerkleTree ToTree() => MerkleTree.FromLayer(Geometry.Shape, Geometry.PieceLevel, PieceLayer.Span);
}
