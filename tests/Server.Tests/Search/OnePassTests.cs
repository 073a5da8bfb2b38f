using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search;
using P2P.Server.Tests.Catalogs;

namespace P2P.Server.Tests.Search;

/// <summary>A search of few blocks takes all kinds of match in one pass: what its budget leaves out is never better than what it shows.</summary>
public sealed class OnePassTests
{
    const int Budget = 160;

    readonly CatalogIndex _index = new();

    [Fact]
    public void Search_WorstKindBeyondTheBudget_IsCutAndSaidSo()
    {
        Share(Many("x{0:000}needle", 300), "z/needle", "z/needles");
        var page = Search(50, Budget);
        Assert.Equal(["needle", "needles", "x000needle"], page.Hits.Take(3).Select(hit => hit.Key.Name));
        Assert.Equal((true, false, Budget), (page.IsTruncated, page.TotalIsExact, page.TotalCount));
    }

    [Fact]
    public void Search_BetterKindsMakeThePage_WhatIsWorseIsNotCountedFurther()
    {
        Share(Many("x{0:000}needle", 300), "a/needle", "a/needles");
        var page = Search(1, candidates: 300);
        Assert.Equal("needle", Assert.Single(page.Hits).Key.Name);
        Assert.Equal((false, false), (page.IsTruncated, page.TotalIsExact));
        Assert.InRange(page.TotalCount, 50, 100);
        Assert.Equal("needles", Assert.Single(Search(1, 300, page.Next).Hits).Key.Name);
    }

    [Fact]
    public void Search_BetterKindsBeyondTheBudget_StillTheBestIsFound()
    {
        Share(Many("needle{0:000}", 200), "z/needle");
        var page = Search(3, Budget);
        Assert.Equal("needle", page.Hits[0].Key.Name);
        Assert.True(page.IsTruncated);
    }

    [Fact]
    public void Search_WithinTheBudget_IsWhole()
    {
        Share(Many("x{0:000}needle", 140), "z/needle");
        var page = Search(3, Budget);
        Assert.Equal((false, true, 141), (page.IsTruncated, page.TotalIsExact, page.TotalCount));
    }

    void Share(IEnumerable<string> paths, params string[] more)
    {
        _index.Add(Peers.Live("one", [.. paths.Concat(more).Select((path, at) => Peers.File(path, at))]));
        Assert.True(_index.Names.MergeOnce(isQuiet: true));
    }

    static IEnumerable<string> Many(string form, int count) =>
        Enumerable.Range(0, count).Select(i => "m/" + string.Format(System.Globalization.CultureInfo.InvariantCulture, form, i));

    SearchPage Search(int size, int candidates, HitRank? after = null) =>
        new SearchEngine(_index, new SearchLimits { Candidates = candidates, Counted = 50, Milliseconds = 60_000 }, TimeProvider.System)
            .Search(new SearchRequest { Archivo = "needle" }, size, after);
}
