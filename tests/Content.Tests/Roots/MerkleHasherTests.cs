using FsCheck;
using FsCheck.Fluent;

namespace P2P.Content.Tests.Roots;

public sealed class MerkleHasherTests
{
    // Lengths around the edges of blocks and of powers of two, up to 40 blocks.
    static readonly Gen<int> Lengths = Gen.OneOf(
        Gen.Choose(0, 40 * 16384),
        from blocks in Gen.Choose(0, 40) from delta in Gen.Choose(-2, 2) select Math.Max(0, blocks * 16384 + delta));

    [Fact]
    public void Finish_AnyLengthInAnyPortions_EqualsOracle() =>
        Prop.ForAll(
            (from length in Lengths from seed in Gen.Choose(0, int.MaxValue) select (length, seed)).ToArbitrary(),
            sample =>
            {
                byte[] data = Samples.Bytes(sample.length, sample.seed);
                MerkleHasher hasher = new();
                AppendInPortions(hasher, data, new Random(sample.seed));
                return hasher.Finish().Bytes.SequenceEqual(MerkleOracle.Root(data)) && hasher.Length == data.Length;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Layer_AnyLevel_EqualsOracleWithoutPadding() =>
        Prop.ForAll(
            (from length in Lengths from level in Gen.Choose(0, 6) select (length, level)).ToArbitrary(),
            sample =>
            {
                byte[] data = Samples.Bytes(sample.length);
                MerkleHasher hasher = new(sample.level);
                hasher.Append(data);
                hasher.Finish();
                List<byte[][]> levels = MerkleOracle.Levels(data);
                int level = Math.Min(sample.level, levels.Count - 1);
                int known = (int)new TreeShape(data.Length).NodesAt(sample.level);
                return hasher.Layer.Span.SequenceEqual(levels[level].Take(known).SelectMany(h => h).ToArray());
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1)]
    [InlineData(3 * 16384)]
    [InlineData(4 * 16384)]
    public void Finish_PartOfALargerFile_PadsUpToThatNode(int length)
    {
        byte[] whole = Samples.Bytes(8 * 16384 + length);
        MerkleHasher hasher = new();
        hasher.Append(whole.AsSpan(8 * 16384));
        Assert.Equal(MerkleOracle.Levels(whole)[3][1], hasher.Finish(level: 3).ToArray());
    }

    [Fact]
    public void Reset_AfterUse_StartsAgain()
    {
        MerkleHasher hasher = new(layer: 0);
        hasher.Append(Samples.Bytes(100_000));
        hasher.Finish();
        hasher.Reset();
        hasher.Append(Samples.Bytes(20_000, seed: 2));
        Assert.Equal(MerkleOracle.Root(Samples.Bytes(20_000, seed: 2)), hasher.Finish().ToArray());
        Assert.Equal(2 * 32, hasher.Layer.Length);
    }

    [Fact]
    public void Append_WholeBlocks_AllocatesNothing()
    {
        MerkleHasher hasher = new();
        byte[] data = Samples.Bytes(64 * 16384);
        hasher.Append(data);
        // A collection that another test causes meanwhile counts the rest of this thread's allocation buffer: the least of a few rounds is ours.
        Assert.Equal(0, Enumerable.Range(0, 8).Min(_ => AllocatedBy(() => hasher.Append(data))));
    }

    static long AllocatedBy(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    static void AppendInPortions(MerkleHasher hasher, byte[] data, Random random)
    {
        for (int offset = 0; offset < data.Length;)
        {
            int portion = Math.Min(random.Next(1, random.Next(2, 100_000)), data.Length - offset);
            hasher.Append(data.AsSpan(offset, portion));
            offset += portion;
        }
    }
}
