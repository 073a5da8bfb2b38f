using P2P.Server.Catalogs;

namespace P2P.Server.Tests.Catalogs;

public sealed class SegmentTiersTests
{
    [Theory]
    [InlineData(1000, 1000, 16, 5)]
    [InlineData(1, 100_000, 24, 16)]
    [InlineData(300, 3000, 16, 7)]
    public void FirstToMerge_ManyBatches_CopiesEachFileAFewTimesAndKeepsFewSegments(int batch, int batches, int mostSegments, int mostCopies)
    {
        var segments = new List<int>();
        var (copied, most) = (0L, 0);
        for (var i = 0; i < batches; i++)
        {
            segments.Add(batch);
            var first = SegmentTiers.FirstToMerge(segments);
            if (first < segments.Count - 1)
            {
                var merged = segments.Skip(first).Sum();
                copied += merged;
                segments.RemoveRange(first, segments.Count - first);
                segments.Add(merged);
            }

            most = Math.Max(most, segments.Count);
        }

        Assert.Equal((long)batch * batches, segments.Sum());
        Assert.True(most <= mostSegments, $"{most} segments");
        Assert.True(copied <= (long)mostCopies * batch * batches, $"{copied / (double)batch / batches:N1} copies");
    }

    [Fact]
    public void FirstToMerge_AnySizes_NamesOneOfThem()
    {
        var random = new Random(1);
        var segments = new List<int>();
        for (var i = 0; i < 10_000; i++)
        {
            segments.Add((int)Math.Pow(10, random.NextDouble() * 5));
            var first = SegmentTiers.FirstToMerge(segments);
            Assert.InRange(first, 0, segments.Count - 1);
            var merged = segments.Skip(first).Sum();
            segments.RemoveRange(first, segments.Count - first);
            segments.Add(merged);
            Assert.InRange(segments.Count, 1, 50);
        }

        Assert.Equal(-1, SegmentTiers.FirstToMerge([]));
    }
}
