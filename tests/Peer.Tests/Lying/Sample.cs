using P2P.Content;

namespace P2P.Peers.Tests.Lying;

/// <summary>A content in memory, with its whole tree.</summary>
public sealed class Sample
{
    public Sample(int length, int seed)
    {
        Bytes = new byte[length];
        new Random(seed).NextBytes(Bytes);
        MerkleHasher hasher = new(layer: 0);
        hasher.Append(Bytes);
        Id = new ContentId(hasher.Finish(), length);
        Tree = MerkleTree.FromLayer(new TreeShape(length), 0, hasher.Layer.Span);
    }

    public byte[] Bytes { get; }

    public ContentId Id { get; }

    public MerkleTree Tree { get; }
}
