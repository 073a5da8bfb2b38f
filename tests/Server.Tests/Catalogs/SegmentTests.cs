using Google.Protobuf.WellKnownTypes;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Tests.Catalogs;

public sealed class SegmentTests
{
    static readonly string[] Names =
        ["a", "A", "README.Debian", "ñ", "Ñandú.TXT", "日本", "ß", new('x', 255), "X" + new string('y', 254), string.Concat(Enumerable.Repeat("ﷺ", 80))];

    [Fact]
    public void Build_AnyFiles_GivesBackEveryEntry()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var entries = Enumerable.Range(0, random.Next(1, 150)).Select(_ => Entry(random)).DistinctBy(entry => entry.Path).ToList();
            var segment = SegmentBuilder.Build(entries);
            var expected = entries.OrderBy(entry => entry.Path, Utf8Order.Instance).ToList();
            Assert.Equal(expected, Enumerable.Range(0, segment.Count).Select(index => new FileRef(segment, index).ToEntry()));
            for (var i = 0; i < expected.Count; i++)
            {
                var path = System.Text.Encoding.UTF8.GetBytes(expected[i].Path);
                Assert.Equal(i, segment.IndexOf(path));
                Assert.Equal(i, segment.LowerBound(path));
                Assert.Equal(i + 1, segment.LowerBound([.. path, 0]));
                Assert.Equal(-1, segment.IndexOf([.. path, (byte)'/']));
                var other = random.Next(expected.Count);
                Assert.Equal(Math.Sign(i.CompareTo(other)), Math.Sign(segment.Compare(i, segment, other)));
            }
        }
    }

    /// <summary>Whole columns are copied where segments stand in order, single files where they do not or some are gone.</summary>
    [Fact]
    public void Merge_AnySegments_IsTheSegmentOfAllTheirFiles()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var entries = Enumerable.Range(0, random.Next(1, 300)).Select(_ => Entry(random)).DistinctBy(entry => entry.Path)
                .OrderBy(entry => entry.Path, Utf8Order.Instance).ToList();
            var (hasFacts, isInOrder) = (random.Next(3), random.Next(4) > 0);
            entries.Where(_ => random.Next(3) < hasFacts).ToList().ForEach(Strip);
            var parts = entries.GroupBy(entry => isInOrder ? entries.IndexOf(entry) / 70 : random.Next(3)).Select(part => part.ToList()).ToList();
            var gone = random.Next(2) == 0 ? [] : entries.Where(_ => random.Next(5) == 0).ToHashSet();
            var merged = SegmentBuilder.Merge([.. parts.Select(part => new SegmentView(SegmentBuilder.Build(part), null, 0)
                .Without([.. Enumerable.Range(0, part.Count).Where(index => gone.Contains(part[index]))]))]);
            var left = entries.Where(entry => !gone.Contains(entry)).ToList();
            Assert.Equal(left, new SegmentEntries(merged));
            Assert.Equal(left.Sum(entry => entry.HasSize ? (decimal)entry.Size : 0), merged.Count == 0 ? 0 : Sum(merged));
            for (var i = 0; i < left.Count; i++)
            {
                Assert.Equal(i, merged.IndexOf(System.Text.Encoding.UTF8.GetBytes(left[i].Path)));
            }

            var built = SegmentBuilder.Build(left);
            Assert.Equal(built.Names.Text, merged.Names.Text);
            Assert.Equal(built.Folders.Runs, merged.Folders.Runs);
        }
    }

    static decimal Sum(Segment segment) => Enumerable.Range(0, segment.Count).Sum(index => (decimal)segment.SizeBetween(index, index + 1));

    static void Strip(FileEntry entry)
    {
        entry.ClearSize();
        entry.ClearRoot();
        entry.Time = null;
        entry.Executable = false;
    }

    [Fact]
    public void LowerBound_AnyPath_CountsThoseBelow()
    {
        string[] names = ["x", "xy", "x-", "a", "b"];
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            string Path() => string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => names[random.Next(names.Length)]));
            var paths = Enumerable.Range(0, 20).Select(_ => Path()).Distinct().ToList();
            var segment = SegmentBuilder.Build([.. paths.Select(Peers.Name)]);
            foreach (var path in Enumerable.Range(0, 20).Select(_ => Path() + (random.Next(2) == 0 ? "/" : random.Next(2) == 0 ? "0" : "")))
            {
                var below = paths.Count(other => string.CompareOrdinal(other, path) < 0);
                Assert.True(below == segment.LowerBound(System.Text.Encoding.UTF8.GetBytes(path)), $"{path} in {string.Join(' ', paths.Order(StringComparer.Ordinal))}");
            }
        }
    }

    [Fact]
    public void ContentCount_MoreThanTheBound_IsAnEstimateThatFilesLeaveAgain()
    {
        var count = new ContentCount(most: 4096);
        var contents = Enumerable.Range(1, 100_000).Select(i => new ContentId(ContentRoot.Parse(Peers.Root(i)), i)).ToList();
        contents.ForEach(content => count.Add(content));
        Assert.InRange(count.Value, 80_000, 120_000);
        contents.ForEach(content => count.Add(content));
        contents.ForEach(content => count.Remove(content));
        Assert.InRange(count.Value, 80_000, 120_000);
        contents.ForEach(content => count.Remove(content));
        Assert.Equal(0, count.Value);
    }

    static FileEntry Entry(Random random)
    {
        var folders = Enumerable.Range(0, random.Next(4)).Select(_ => Names[random.Next(5)] + "/");
        var entry = new FileEntry { Path = string.Concat(folders) + Names[random.Next(Names.Length)], Executable = random.Next(4) == 0 };
        if (random.Next(4) > 0)
        {
            entry.Size = random.Next(5) switch { 0 => 0, 1 => long.MaxValue >> random.Next(14), 2 => 1L << 40, _ => random.Next() };
        }

        if (random.Next(4) > 0)
        {
            entry.Root = Peers.Root(random.Next());
        }

        if (random.Next(4) > 0)
        {
            entry.Time = new Timestamp { Seconds = random.Next(3) == 0 ? -random.Next() : random.NextInt64(253_402_300_799), Nanos = random.Next(1_000_000_000) };
        }

        return entry;
    }
}
