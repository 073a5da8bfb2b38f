using FsCheck;
using FsCheck.Fluent;

namespace P2P.Content.Tests.Roots;

public sealed class MerkleProofTests
{
    sealed record Sample(int Length, int Level, int Index, int Count, int Flip);

    static readonly Gen<Sample> AnyRun =
        from length in Gen.Choose(1, 40 * 16384)
        let shape = new TreeShape(length)
        from level in Gen.Choose(0, shape.Height)
        from index in Gen.Choose(0, (int)shape.NodesAt(level) - 1)
        from count in Gen.Choose(1, (int)shape.NodesAt(level) - index)
        from flip in Gen.Choose(0, int.MaxValue)
        select new Sample(length, level, index, count, flip);

    [Fact]
    public void Verify_ProofOfAnyRun_Holds() =>
        Prop.ForAll(AnyRun.ToArbitrary(), s =>
        {
            (ContentId content, byte[] nodes, byte[] uncles) = Prove(s);
            return MerkleProof.Verify(content, s.Level, s.Index, nodes, uncles);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Verify_AnyBitFlipped_Fails() =>
        Prop.ForAll(AnyRun.ToArbitrary(), s =>
        {
            (ContentId content, byte[] nodes, byte[] uncles) = Prove(s);
            byte[] all = [.. nodes, .. uncles];
            int bit = s.Flip % (all.Length * 8);
            all[bit / 8] ^= (byte)(1 << (bit % 8));
            return !MerkleProof.Verify(content, s.Level, s.Index, all.AsSpan(0, nodes.Length), all.AsSpan(nodes.Length));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Verify_AnotherPlaceOrLengthOrShape_Fails() =>
        Prop.ForAll(AnyRun.ToArbitrary(), s =>
        {
            (ContentId content, byte[] nodes, byte[] uncles) = Prove(s);
            ContentId longer = content with { Length = content.Length + (1L << 40) };
            return !MerkleProof.Verify(content, s.Level, s.Index + 1, nodes, uncles)
                && !MerkleProof.Verify(content, s.Level + 1, s.Index, nodes, uncles)
                && !MerkleProof.Verify(content, s.Level, s.Index, nodes, [.. uncles, .. new byte[32]])
                && !MerkleProof.Verify(content, s.Level, s.Index, nodes.AsSpan(1), uncles)
                && !MerkleProof.Verify(longer, s.Level, s.Index, nodes, uncles)
                && (uncles.Length == 0 || !MerkleProof.Verify(content, s.Level, s.Index, nodes, uncles.AsSpan(32)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Prove_WholeSubtree_GivesTheUnclesOfBep52()
    {
        byte[] data = Samples.Bytes(8 * 16384);
        List<byte[][]> levels = MerkleOracle.Levels(data);
        MerkleTree tree = MerkleTree.FromLayer(new TreeShape(data.Length), 0, levels[0].SelectMany(h => h).ToArray());
        Assert.Equal([.. levels[1][3], .. levels[2][0]], tree.Prove(0, 4, 2));
    }

    [Fact]
    public void Verify_LastNodesOfAShortTree_NeedNoPaddingSent()
    {
        byte[] data = Samples.Bytes(5 * 16384);
        MerkleHasher hasher = new(layer: 0);
        hasher.Append(data);
        ContentId content = new(hasher.Finish(), data.Length);
        MerkleTree tree = MerkleTree.FromLayer(new TreeShape(data.Length), 0, hasher.Layer.Span);
        byte[] uncles = tree.Prove(0, 4, 1);
        Assert.Equal(32, uncles.Length);
        Assert.True(MerkleProof.Verify(content, 0, 4, tree.Nodes(0, 4, 1).Span, uncles));
    }

    [Fact]
    public void Verify_EmptyContent_HasNoNodes() => Assert.False(MerkleProof.Verify(ContentId.Empty, 0, 0, new byte[32], []));

    [Fact]
    public void Verify_IndexNearOverflow_Fails() =>
        Assert.False(MerkleProof.Verify(Samples.ContentOf(new byte[100_000]), 0, long.MaxValue, new byte[64], []));

    [Fact]
    public void FromLayer_WrongNumberOfHashes_Throws() =>
        Assert.Throws<ArgumentException>(() => MerkleTree.FromLayer(new TreeShape(100_000), 0, new byte[32]));

    static (ContentId Content, byte[] Nodes, byte[] Uncles) Prove(Sample s)
    {
        byte[] data = Samples.Bytes(s.Length);
        MerkleHasher hasher = new(layer: 0);
        hasher.Append(data);
        ContentId content = new(hasher.Finish(), s.Length);
        MerkleTree tree = MerkleTree.FromLayer(new TreeShape(s.Length), 0, hasher.Layer.Span);
        return (content, tree.Nodes(s.Level, s.Index, s.Count).ToArray(), tree.Prove(s.Level, s.Index, s.Count));
    }
}
