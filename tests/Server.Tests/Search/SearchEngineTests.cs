using FsCheck;
using FsCheck.Fluent;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search;
using P2P.Server.Search.Postings;
using P2P.Server.Tests.Catalogs;

namespace P2P.Server.Tests.Search;

public sealed class SearchEngineTests
{
    readonly CatalogIndex _index = new();

    [Fact]
    public void Search_SameContentOnSeveralPeers_IsOneHitWithItsSources()
    {
        for (var i = 0; i < 10; i++)
        {
            _index.Add(Peers.Live($"p{i}", Peers.File("x/song.mp3", 1), Peers.File("y/song.mp3", 1), Peers.Name("song.mp3")));
        }

        var page = Search("song.mp3");
        var merged = page.Hits[0].ToMessage();
        Assert.Equal((10, 8, "song.mp3"), (merged.SourceCount, merged.Sources.Count, merged.Name));
        Assert.Equal(11, page.TotalCount);
        Assert.All(page.Hits.Skip(1), hit => Assert.Equal((1, false), (hit.SourceCount, hit.ToMessage().HasRoot)));
    }

    [Fact]
    public void Search_KindsOfMatch_ComeBestFirstThenBySources()
    {
        _index.Add(Peers.Live("one", Peers.File("a/xnote", 1), Peers.File("a/my note", 2), Peers.File("a/notes", 3), Peers.File("a/Note", 4)));
        _index.Add(Peers.Live("two", Peers.File("notebook", 5), Peers.File("z/notes", 3)));
        Assert.Equal(["Note", "notes", "notebook", "my note", "xnote"], Search("note").Hits.Select(hit => hit.Key.Name));
    }

    [Fact]
    public void Search_QueryWithSlash_LooksAtWholePaths()
    {
        _index.Add(Peers.Live("one", Peers.File("Música/Canción/a.mp3", 1), Peers.File("b.mp3", 2)));
        Assert.Equal("a.mp3", Assert.Single(Search("musica/cancion").Hits).Key.Name);
        Assert.Equal(MatchKind.Exact, Assert.Single(Search("musica/cancion/A.MP3").Hits).Match);
        Assert.Empty(Search("canción").Hits);
    }

    /// <summary>The scan with its shortcuts, against looking at every name.</summary>
    [Fact]
    public void Search_AnyQuery_FindsWhatAMatcherOverAllNamesFinds()
    {
        var letters = Gen.Elements('a', 'b', 'c', '.', ' ');
        var names = Gen.NonEmptyListOf(Gen.NonEmptyListOf(letters).Select(all => new string([.. all])));
        var query = Gen.NonEmptyListOf(Gen.Elements('a', 'b', '*', '?', ' ', '-', '"')).Select(all => new string([.. all]));
        Prop.ForAll(names.Zip(query).ToArbitrary(), pair =>
        {
            var (paths, text) = pair;
            var index = new CatalogIndex();
            index.Add(Peers.Live("one", [.. paths.Select(Peers.Name)]));
            var query = NameQuery.Parse(text, QueryKind.Unspecified);
            List<string> Fitting(INameMatcher matcher) => [.. paths.Distinct()
                .Where(name => matcher.Match(Fold.Utf8(name)) != MatchKind.Unspecified).Order(StringComparer.Ordinal)];
            var fitting = Fitting(query.Matcher);
            var expected = fitting.Count == 0 && query.Guess is { } guess ? Fitting(guess.Matcher) : fitting;
            var found = new SearchEngine(index, new SearchLimits { Milliseconds = 60_000 }, TimeProvider.System)
                .Search(new SearchRequest { Archivo = text }, 200, null).Hits.Select(hit => hit.Key.Name).Order(StringComparer.Ordinal);
            return found.SequenceEqual(expected);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Search_PageByPage_GivesEveryHitOnce()
    {
        _index.Add(Peers.Live("one", [.. Enumerable.Range(0, 57).Select(i => Peers.File($"f{i}", i))]));
        var names = new List<string>();
        HitRank? after = null;
        do
        {
            var page = Search("f", after, 10);
            names.AddRange(page.Hits.Select(hit => hit.Key.Name));
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(57, names.Count);
        Assert.Equal(names.Distinct(), names);
        Assert.Equal(Search("f", null, 200).Hits.Select(hit => hit.Key.Name), names);
    }

    [Fact]
    public void Search_Filters_BoundWhatIsFound()
    {
        _index.Add(Peers.Live("one", "ana", [Peers.File("a.png", 1, 10), Peers.File("a.JPG", 2, 20), Peers.File("a.mkv", 3, 30), Peers.Name("a")]));
        _index.Add(Peers.Live("two", "bob", [Peers.File("a.png", 1, 10)]));
        Assert.Equal(["a.JPG", "a.mkv"], Names(new SearchFilter { MinSize = 11 }));
        Assert.Equal(["a.png"], Names(new SearchFilter { MaxSize = 10 }));
        Assert.Equal(["a.JPG"], Names(new SearchFilter { Extensions = { "jpg" } }));
        Assert.Equal(["a.png", "a.JPG"], Names(new SearchFilter { MediaType = "image/*" }));
        Assert.Equal(["a.png"], Names(new SearchFilter { MinSources = 2 }));
        Assert.Equal(["a.png"], Names(new SearchFilter { User = "bob" }));
        Assert.Equal(4, Names(new SearchFilter { PeerId = "one" }).Count);
        Assert.Empty(Names(new SearchFilter { ModifiedAfter = new() }));
    }

    [Fact]
    public void Search_MoreThanTheBudget_KeepsTheBestAndSaysSo()
    {
        _index.Add(Peers.Live("one", [.. Enumerable.Range(0, 500).Select(i => Peers.File($"a/x{i:000}needle", i))]));
        _index.Add(Peers.Live("two", Peers.File("z/needle", 1000), Peers.File("z/needles", 1001)));
        var page = Search("needle", null, 3, new SearchLimits { Candidates = 100, Milliseconds = 60_000 });
        Assert.True(page.IsTruncated);
        Assert.Equal(["needle", "needles"], page.Hits.Take(2).Select(hit => hit.Key.Name));
    }

    /// <summary>A word with a mark behind it is not what was typed: within a longer word too it is found as it stands, and as near words are.</summary>
    [Theory]
    [InlineData("recieved", "recieved unrecieveds received")]
    [InlineData("recieved!", "received recieved unrecieveds")]
    public void Search_TypingErrors_FindsNearWordsAndTheWordAsItWasTyped(string text, string expected)
    {
        var index = new CatalogIndex(new MergePolicy(TailFiles: 2));
        // Names between them, so that they are looked for in blocks of their own.
        var others = Enumerable.Range(0, 64).Select(i => Peers.File($"s{i}", 10 + i));
        FileEntry[] files = [Peers.File("received", 1), Peers.File("recieved", 2), .. others, Peers.File("unrecieveds", 3)];
        index.Add(Peers.Live("one", files));
        Assert.True(index.Names.MergeOnce(isQuiet: true));
        var engine = new SearchEngine(index, new SearchLimits { Milliseconds = 60_000 }, TimeProvider.System);
        var page = engine.Search(new SearchRequest { Archivo = text, Kind = QueryKind.Fuzzy }, 50, null);
        Assert.Equal(expected.Split(' '), page.Hits.Select(hit => hit.Key.Name));
    }

    [Fact]
    public void Search_HundredsOfNearWords_FindsAll()
    {
        const string word = "abcd";
        const string letters = "abcdefghijklmnopqrstuvwxyz0123456789";
        var near = letters
            .SelectMany(letter => Enumerable.Range(0, word.Length + 1).SelectMany(at => new[] { word.Insert(at, $"{letter}"), word.Remove(Math.Min(at, 3), 1).Insert(Math.Min(at, 3), $"{letter}") }))
            .ToHashSet(StringComparer.Ordinal);
        var index = new CatalogIndex(new MergePolicy(TailFiles: 2));
        index.Add(Peers.Live("one", [.. near.Select((name, at) => Peers.File(name, at))]));
        Assert.True(index.Names.MergeOnce(isQuiet: true));
        var page = new SearchEngine(index, new SearchLimits { Milliseconds = 60_000 }, TimeProvider.System)
            .Search(new SearchRequest { Archivo = word, Kind = QueryKind.Fuzzy }, 1000, null);
        Assert.InRange(near.Count, 300, 1000);
        Assert.Equal((near.Count, false), (page.TotalCount, page.IsTruncated));
    }

    [Fact]
    public void Search_Facets_CountAllHits()
    {
        _index.Add(Peers.Live("one", Peers.File("a.png", 1), Peers.File("b.png", 2), Peers.File("ab.txt", 3), Peers.File("a", 4)));
        var request = new SearchRequest { Archivo = "*", Facets = { Facet.Extension, Facet.Peer } };
        var facets = Engine(new SearchLimits()).Search(request, 1, null).Facets;
        Assert.Equal(["png 2", "txt 1", "one 4"], facets.Select(facet => $"{facet.Value} {facet.Count}"));
    }

    [Fact]
    public void Search_PeerGoneOffline_IsNotFound()
    {
        var peer = Peers.Live("one", Peers.File("a", 1));
        _index.Add(peer);
        _index.Remove(peer);
        Assert.Empty(Search("a").Hits);
    }

    IReadOnlyList<string> Names(SearchFilter filter) => [.. Engine(new SearchLimits())
        .Search(new SearchRequest { Archivo = "a", Filter = filter }, 50, null).Hits.Select(hit => hit.Key.Name).Distinct()];

    SearchPage Search(string text, HitRank? after = null, int size = 50, SearchLimits? limits = null) =>
        Engine(limits ?? new SearchLimits { Milliseconds = 60_000 }).Search(new SearchRequest { Archivo = text }, size, after);

    SearchEngine Engine(SearchLimits limits) => new(_index, limits, TimeProvider.System);
}
