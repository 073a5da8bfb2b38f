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
        from log in Gen.Choose(0, shape.Height - level)
        let count = 1 << log
        from run in Gen.Choose(0, (int)(shape.NodesAt(level) - 1) / count)
        from flip in Gen.Choose(0, int.MaxValue)
        select new Sample(length, level, run * count, count, flip);

    [Fact]
    public void Prove_AnyRun_IsBep52sAndHolds() =>
        Prop.ForAll(AnyRun.ToArbitrary(), s =>
        {
            byte[] data = Samples.Bytes(s.Length);
            MerkleProof proof = Samples.TreeOf(data).Prove(s.Level, s.Index, s.Count);
            List<byte[][]> levels = MerkleOracle.Levels(data);
            int top = s.Level + int.Log2(s.Count);
            return proof.Proves(Samples.ContentOf(data))
                && proof.Nodes.Span.SequenceEqual(levels[s.Level].Skip(s.Index).Take(s.Count).SelectMany(h => h).ToArray())
                && proof.Uncles.Span.SequenceEqual(Enumerable.Range(top, levels.Count - 1 - top)
                    .SelectMany(at => levels[at][(s.Index >> (at - s.Level)) ^ 1]).ToArray());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Proves_AnyBitFlipped_Fails() =>
        Prop.ForAll(AnyRun.ToArbitrary(), s =>
        {
            (ContentId content, MerkleProof proof) = Prove(s);
            byte[] all = [.. proof.Nodes.Span, .. proof.Uncles.Span];
            int bit = s.Flip % (all.Length * 8);
            all[bit / 8] ^= (byte)(1 << (bit % 8));
            int nodes = proof.Nodes.Length;
            return !(proof with { Nodes = all.AsMemory(0, nodes), Uncles = all.AsMemory(nodes) }).Proves(content);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Proves_AnotherPlaceOrShapeOrLength_Fails() =>
        Prop.ForAll(AnyRun.ToArbitrary(), s =>
        {
            (ContentId content, MerkleProof proof) = Prove(s);
            return !(proof with { Index = proof.Index + s.Count }).Proves(content)
                && !(proof with { Index = proof.Index + 1 }).Proves(content)
                && !(proof with { Level = proof.Level + 1 }).Proves(content)
                && !(proof with { Nodes = proof.Nodes[1..] }).Proves(content)
                && !(proof with { Nodes = default }).Proves(content)
                && !(proof with { Uncles = new byte[proof.Uncles.Length + 32] }).Proves(content)
                && !proof.Proves(content with { Length = content.Length + (1L << 40) });
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Proves_EmptyContent_HasNoNodes() =>
        Assert.False(new MerkleProof(0, 0, new byte[32], default).Proves(ContentId.Empty));

    [Theory]
    [InlineData(long.MaxValue - 1)]
    [InlineData(-2)]
    public void Proves_AbsurdIndex_Fails(long index) =>
        Assert.False(new MerkleProof(0, index, new byte[64], new byte[64]).Proves(Samples.ContentOf(new byte[100_000])));

    [Fact]
    public void Prove_NoSuchRun_Throws()
    {
        MerkleTree tree = Samples.TreeOf(new byte[5 * 16384]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Prove(0, 5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Prove(0, 1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Prove(0, 0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Prove(0, 0, 16));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Prove(4, 0, 1));
    }

    [Fact]
    public void FromLayer_WrongNumberOfHashes_Throws() =>
        Assert.Throws<ArgumentException>(() => MerkleTree.FromLayer(new TreeShape(100_000), 0, new byte[32]));

    static (ContentId Content, MerkleProof Proof) Prove(Sample s)
    {
        byte[] data = Samples.Bytes(s.Length);
        return (Samples.ContentOf(data), Samples.TreeOf(data).Prove(s.Level, s.Index, s.Count));
    }
}
