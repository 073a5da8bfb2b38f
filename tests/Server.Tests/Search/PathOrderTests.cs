using FsCheck;
using FsCheck.Fluent;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search;
using P2P.Server.Search.Postings;
using P2P.Server.Tests.Catalogs;

namespace P2P.Server.Tests.Search;

/// <summary>Searches by peer and path, and queries with a slash, against looking at every file.</summary>
public sealed class PathOrderTests
{
    readonly CatalogIndex _index = new(new MergePolicy(TailFiles: 8, SmallTail: 2, Growth: 3));
    readonly Random _random = new(11);

    [Theory]
    [InlineData("b")]
    [InlineData("ca")]
    [InlineData("a/b")]
    [InlineData("/")]
    [InlineData("ü/c")]
    [InlineData("*/a*")]
    [InlineData("a/ -cc")]
    [InlineData("c a")]
    [InlineData("abcz")]
    public void ListFiles_PageByPageWhileMergesRun_GivesEveryFileOnceInOrder(string text)
    {
        Fill();
        var found = new List<(string, string)>();
        FilePlace? after = null;
        do
        {
            var page = Engine().ListFiles(new SearchRequest { Archivo = text }, 3, after);
            found.AddRange(page.Files.Select(Named));
            after = page.HasMore ? FilePlace.Of(page.Files[^1]) : null;
            _index.Names.MergeOnce(isQuiet: _random.Next(2) == 0);
        }
        while (after is not null);

        Assert.NotEmpty(found);
        Assert.Equal(Expected(text), found);
    }

    [Fact]
    public void ListFiles_PeersComeAndGoBetweenPages_GivesWhatStayedOnce()
    {
        Fill();
        var stayed = Expected("a").Where(file => file.PeerId is "p1" or "p4" or "p6").ToList();
        var found = new List<(string PeerId, string Path)>();
        FilePlace? after = null;
        for (var round = 0; round == 0 || after is not null; round++)
        {
            var page = Engine().ListFiles(new SearchRequest { Archivo = "a" }, 5, after);
            found.AddRange(page.Files.Select(Named));
            after = page.HasMore ? FilePlace.Of(page.Files[^1]) : null;
            if (round is 1 or 2 or 3 && _index.Find(round == 1 ? "p0" : round == 2 ? "p3" : "p5") is { } leaving)
            {
                _index.Remove(leaving);
                _index.Add(Peers.Live($"new{round}", Peers.File("a/a", 1)));
            }

            _index.Names.MergeOnce(isQuiet: true);
        }

        Assert.Equal(stayed, found.Where(file => file.PeerId is "p1" or "p4" or "p6"));
    }

    [Fact]
    public void ListFiles_FilterAndMistypedWord_AreAsInARankedSearch()
    {
        _index.Add(Peers.Live("one", Peers.File("x/summer holiday.png", 1, 10), Peers.File("y/summer holiday.jpg", 2, 20)));
        _index.Add(Peers.Live("two", Peers.File("summer holiday.png", 1, 10)));
        var page = Engine().ListFiles(new SearchRequest { Archivo = "sumer holidey", Filter = new SearchFilter { Extensions = { "png" } } }, 50, null);
        Assert.Equal([("one", "x/summer holiday.png"), ("two", "summer holiday.png")], page.Files.Select(Named));
        Assert.All(page.Files, file => Assert.Equal(MatchKind.Fuzzy, file.Match));
        var second = Engine().ListFiles(new SearchRequest { Archivo = "sumer holidey" }, 1, FilePlace.Of(page.Files[0]));
        Assert.Equal([("one", "y/summer holiday.jpg")], second.Files.Select(Named));
    }

    [Fact]
    public void Search_QueriesWithASlash_FindWhatAMatcherOverAllPathsFinds()
    {
        Fill();
        var query = Gen.NonEmptyListOf(Gen.Elements('a', 'b', 'c', 'ü', '/', '/', '*', '?', ' ', '-', '"')).Select(all => new string([.. all]) + "/");
        Prop.ForAll(query.ToArbitrary(), text =>
        {
            var limits = new SearchLimits { Candidates = 1_000_000, Looks = 1_000_000_000, Milliseconds = 60_000 };
            var page = new SearchEngine(_index, limits, TimeProvider.System).Search(new SearchRequest { Archivo = text }, 1000, null);
            return page.Hits.Sum(hit => hit.SourceCount) == Expected(text).DistinctBy(file => (file.PeerId, Base(file.Path))).Count();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    /// <summary>Eight peers, some of which have lost files or changed them, in parts of the index and in its tail.</summary>
    void Fill()
    {
        for (var peer = 0; peer < 8; peer++)
        {
            var live = Peers.Live($"p{peer}", [.. Enumerable.Range(0, 40).Select(_ => Path()).Distinct().Select(Peers.Name)]);
            _index.Add(live);
            _index.Names.MergeOnce(isQuiet: true);
            _index.Apply(live, live.Catalog.Apply([.. Enumerable.Range(0, 10).Select(_ => Peers.Name(Path()))], [.. live.Catalog.From("").Take(5).Select(file => file.Path)]));
        }

        Assert.True(_index.Names.Snapshot.Parts.Length > 1);
        Assert.NotEmpty(_index.Names.Snapshot.Tail);
    }

    string Path() => string.Join('/', Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Component()));

    string Component() => string.Concat(Enumerable.Range(0, _random.Next(1, 4)).Select(_ => "abcABCüÜ "[_random.Next(9)])).Trim() is { Length: > 0 } name ? name : "a";

    List<(string PeerId, string Path)> Expected(string text)
    {
        var query = NameQuery.Parse(text, QueryKind.Unspecified);
        bool Fits(NameQuery by, string path) => by.Matcher.Match(Fold.Utf8(by.OverPath ? path : Base(path))) != MatchKind.Unspecified;
        var all = _index.Peers.OrderBy(peer => peer.PeerId, StringComparer.Ordinal).SelectMany(peer => peer.Catalog.From("").Select(file => (peer.PeerId, file.Path))).ToList();
        var found = all.Where(file => Fits(query, file.Path)).ToList();
        return found.Count == 0 && query.Guess is { } guess ? [.. all.Where(file => Fits(guess, file.Path))] : found;
    }

    static string Base(string path) => path[(path.LastIndexOf('/') + 1)..];

    static (string, string) Named(FoundFile file) => (file.Peer.PeerId, file.File.Path);

    SearchEngine Engine() => new(_index, new SearchLimits { Milliseconds = 60_000 }, TimeProvider.System);
}
