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
