using P2P.Server.Search.Postings;

namespace P2P.Server.Tests.Search;

public sealed class MergePolicyTests
{
    static readonly MergePolicy Policy = new();

    [Fact]
    public void Choose_EightOfALevel_BecomeOne() =>
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], Policy.Choose([(40_000, 40_000), .. Enumerable.Repeat((5000, 5000), 8)], isQuiet: false).Order());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Choose_HalfDead_IsMadeAnew(bool isQuiet) =>
        Assert.Equal([1], Policy.Choose([(400_000, 400_000), (5000, 2499)], isQuiet));

    [Fact]
    public void Choose_FewOfALevel_AreLeftUntilItIsQuiet()
    {
        (int, int)[] parts = [(5000, 5000), (1_000_000, 1_000_000), (5000, 5000), (30_000, 30_000)];

        Assert.Empty(Policy.Choose(parts, isQuiet: false));
        Assert.Equal([0, 2, 3], Policy.Choose(parts, isQuiet: true).Order());
    }

    [Fact]
    public void Choose_InQuiet_MakesNoPartTooLarge() =>
        Assert.Empty(Policy.Choose([(9_000_000, 9_000_000), (8_000_000, 8_000_000)], isQuiet: true));

    /// <summary>However parts came: quiet ends, leaves few of them, and each file was in few merges.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Choose_ManyTailsWithQuietBetween_LeavesFewPartsForFewMerges(int seed)
    {
        var random = new Random(seed);
        var (parts, all, rewritten) = (new List<int>(), 0L, 0L);
        for (var tail = 0; tail < 3000; tail++)
        {
            parts.Add(random.Next(129, 2 * Policy.TailFiles));
            all += parts[^1];
            Merge(isQuiet: random.Next(3) > 0);
        }

        Merge(isQuiet: true);

        // Each is more than three times as large as all smaller ones together.
        Assert.InRange(parts.Count, 1, 9);
        Assert.InRange(rewritten, 0, 20 * all);

        void Merge(bool isQuiet)
        {
            while (Policy.Choose([.. parts.Select(files => (files, files))], isQuiet) is { Count: > 0 } chosen)
            {
                var merged = chosen.Sum(part => parts[part]);
                parts = [.. parts.Where((_, part) => !chosen.Contains(part)), merged];
                rewritten += merged;
            }
        }
    }
}
