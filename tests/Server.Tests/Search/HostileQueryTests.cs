using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search;
using P2P.Server.Tests.Calls;
using P2P.Server.Tests.Catalogs;

namespace P2P.Server.Tests.Search;

public sealed class HostileQueryTests
{
    [Fact]
    public async Task Search_QueryThatIsNone_IsRefusedByField()
    {
        await using var directory = await TestDirectory.StartAsync();
        foreach (var text in new[] { "", new string('a', 65536), "a\nb", "a\0b", "\u0301\u0301", "\u200B\u202E\u2066" })
        {
            var refused = await TestDirectory.FailureAsync(directory.Client.SearchAsync(new SearchRequest { Archivo = text }, TestDirectory.Anonymous));
            Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        }
    }

    [Theory]
    [InlineData("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", QueryKind.Unspecified)]
    [InlineData("*a*?a*?a*?a*?a*?a*?a*?b", QueryKind.Unspecified)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", QueryKind.Unspecified)]
    [InlineData("a a a a a a a a a a a a a a a a -b \" \" --", QueryKind.Words)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaab aaaabaaaa aaaac", QueryKind.Fuzzy)]
    [InlineData("\"", QueryKind.Fuzzy)]
    [InlineData("-", QueryKind.Words)]
    [InlineData("*", QueryKind.Glob)]
    [InlineData("/a/a/a", QueryKind.Substring)]
    public void Search_WorstNamesForIt_IsAnsweredWithinTheBudget(string text, QueryKind kind)
    {
        var index = new CatalogIndex();
        index.Add(Peers.Live("one", [.. Enumerable.Range(0, 5000).Select(i => Peers.File($"a/a/{new string('a', (i % 200) + 20)}/{new string('a', (i % 200) + 1)}{i % 7}", i))]));
        index.Names.MergeOnce(isQuiet: true);
        var page = new SearchEngine(index, new SearchLimits { Candidates = 2000 }, TimeProvider.System).Search(new SearchRequest { Archivo = text, Kind = kind }, 50, null);
        Assert.InRange(page.Hits.Count, 0, 50);
        Assert.InRange(page.TotalCount, page.Hits.Count, 2000);
        Assert.True(page.TotalIsExact || page.TotalCount > 0 || page.IsTruncated);
    }

    [Fact]
    public void Search_TimeIsUp_SaysThatItIsTruncated()
    {
        var index = new CatalogIndex();
        index.Add(Peers.Live("one", [.. Enumerable.Range(0, 200_000).Select(i => Peers.Name($"a/{i:000000}"))]));
        var page = new SearchEngine(index, new SearchLimits { Candidates = 1_000_000, Looks = 1_000_000_000, Milliseconds = 5 }, new SteppingTime())
            .Search(new SearchRequest { Archivo = "*9*9?*", Kind = QueryKind.Glob }, 50, null);
        Assert.True(page.IsTruncated);
        Assert.False(page.TotalIsExact);
    }

    [Fact]
    public void Search_NamesThatAreHardlyRuledOut_SaysThatItIsTruncated()
    {
        var index = new CatalogIndex();
        index.Add(Peers.Live("one", [.. Enumerable.Range(0, 5000).Select(i => Peers.Name($"a/{i:0000} 99 98 {i:0000}"))]));
        Assert.True(index.Names.MergeOnce(isQuiet: true));
        var request = new SearchRequest { Archivo = "*99*99*99*", Kind = QueryKind.Glob };
        SearchPage Search(int looks) =>
            new SearchEngine(index, new SearchLimits { Looks = looks, Milliseconds = 60_000 }, TimeProvider.System).Search(request, 50, null);
        Assert.Equal((true, false), (Search(1000).IsTruncated, Search(1000).TotalIsExact));
        Assert.Equal((false, true), (Search(20_000).IsTruncated, Search(20_000).TotalIsExact));
    }

    /// <summary>Every look at the clock takes a millisecond.</summary>
    sealed class SteppingTime : TimeProvider
    {
        long _now;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => ++_now;
    }
}
