using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search;
using P2P.Server.Search.Postings;
using P2P.Server.Tests.Catalogs;

namespace P2P.Server.Tests.Search;

/// <summary>The index against looking at every file of every live peer, while peers come, publish, remove and go, and parts merge.</summary>
public sealed class SearchChurnTests
{
    static readonly SearchLimits NoLimits = new() { Candidates = 1_000_000, Looks = 1_000_000_000, Counted = 1_000_000, Milliseconds = 60_000 };

    [Fact]
    public void Search_AnyChangesAndMerges_EqualsLookingAtEveryFile()
    {
        for (var seed = 0; seed < 25; seed++)
        {
            var network = new Network(new Random(seed));
            for (var step = 0; step < 40; step++)
            {
                network.Change();
                for (var query = 0; query < 3; query++)
                {
                    network.Compare(seed, step);
                }
            }
        }
    }

    [Fact]
    public async Task Search_WhilePeersChangeAndPartsMerge_NeverMissesAPeerThatStays()
    {
        var index = new CatalogIndex(new MergePolicy(TailFiles: 20, SmallTail: 2, Growth: 2));
        index.Add(Peers.Live("stays", [.. Enumerable.Range(0, 100).Select(i => Peers.File($"a/stays {i}", i))]));
        var moves = Peers.Live("moves", Peers.File("a/moves", 1));
        index.Add(moves);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var found = Engine(index).Search(new SearchRequest { Archivo = "s" }, 200, null).Hits;
                    Assert.Equal(100, found.Count(hit => hit.Key.Name.StartsWith("stays", StringComparison.Ordinal)));
                    Assert.Single(found, hit => hit.Key.Name == "moves");
                }
            },
            TestContext.Current.CancellationToken)).ToList();
        var random = new Random(1);
        for (var i = 0; i < 3000; i++)
        {
            // Small batches make the catalog merge its own segments: what the index knew is replaced all the time.
            index.Apply(moves, moves.Catalog.Apply([Peers.File($"b/new {i}", i), Peers.File("a/moves", i)], [$"b/new {random.Next(i + 1)}"]));
            index.Names.MergeOnce(isQuiet: i % 3 == 0);
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public void Remove_PeerThatComesBackWithTheSameFiles_IsNotIndexedAgain()
    {
        var index = new CatalogIndex(new MergePolicy(TailFiles: 2));
        var catalog = PeerCatalog.Of([Peers.File("a", 1), Peers.File("b", 2)]);
        var (before, after) = (Peers.Live("one"), Peers.Live("one"));
        index.Add(before);
        index.Replace(before, catalog);
        Assert.True(index.Names.MergeOnce(isQuiet: false));
        index.Remove(before);
        Assert.Empty(Engine(index).Search(new SearchRequest { Archivo = "a" }, 10, null).Hits);
        index.Add(after);
        index.Replace(after, catalog);
        Assert.Empty(index.Names.Snapshot.Tail);
        Assert.Single(Engine(index).Search(new SearchRequest { Archivo = "a" }, 10, null).Hits);
    }

    [Fact]
    public void MergeOnce_PeersThatAllLeft_LetsGoOfTheirFiles()
    {
        var index = new CatalogIndex(new MergePolicy(TailFiles: 2));
        var peers = Enumerable.Range(0, 200).Select(i => Peers.Live($"p{i}", Peers.File("a", 1), Peers.File("b", 2))).ToList();
        peers.ForEach(index.Add);
        Merge(index);
        peers.ForEach(index.Remove);
        Merge(index);
        Assert.Empty(index.Names.Snapshot.Parts);
        index.Add(Peers.Live("new", Peers.File("a", 1)));
        Assert.InRange(Assert.Single(index.Names.Snapshot.Tail).Slot, 0, 199);
    }

    static void Merge(CatalogIndex index)
    {
        while (index.Names.MergeOnce(isQuiet: true))
        {
        }
    }

    static SearchEngine Engine(CatalogIndex index) => new(index, NoLimits, TimeProvider.System);

    /// <summary>A few peers with few names over and over, so that all kinds of coincidence happen.</summary>
    sealed class Network(Random random)
    {
        static readonly string[] Words = ["a", "ab", "abc", "song", "Söng", "STRASSE", "straße", "x.mp3", "-b", "report 1", "日本", "ñ.iso", "aaaaaa", "recieved", "received", "sogn"];

        readonly CatalogIndex _index = new(new MergePolicy(TailFiles: 8, SmallTail: 2, Growth: 2));
        readonly Dictionary<string, PeerCatalog> _away = [];

        public void Change()
        {
            var peer = _index.Peers.Count > 0 ? _index.Peers[random.Next(_index.Peers.Count)] : null;
            switch (random.Next(10))
            {
                case 0 or 1 or 2:
                    Come();
                    break;
                case 3 when peer is not null:
                    _away[peer.PeerId] = peer.Catalog;
                    _index.Remove(peer);
                    break;
                case 4 when peer is not null:
                    _index.Replace(peer, PeerCatalog.Of(Files(random.Next(60))));
                    break;
                case 5 or 6 or 7 when peer is not null:
                    var gone = peer.Catalog.From("").Where(_ => random.Next(5) == 0).Select(file => file.Path).ToList();
                    _index.Apply(peer, peer.Catalog.Apply(Files(random.Next(8)), gone));
                    break;
                default:
                    _index.Names.MergeOnce(random.Next(2) == 0);
                    break;
            }
        }

        /// <summary>The whole list and the same page by page, against the plain reading of the contract.</summary>
        public void Compare(int seed, int step)
        {
            var request = new SearchRequest { Archivo = Text(), Kind = random.Next(4) == 0 ? (QueryKind)random.Next(1, 7) : QueryKind.Unspecified };
            if (random.Next(3) == 0)
            {
                request.Filter = new SearchFilter { MinSources = random.Next(3) };
            }

            var expected = Expected(request).Select(Show).ToList();
            var page = Engine(_index).Search(request, 100_000, null);
            Assert.True(page.Hits.Select(Show).SequenceEqual(expected), $"seed {seed}, step {step}: {request}");
            Assert.Equal((expected.Count, true, false), (page.TotalCount, page.TotalIsExact, page.IsTruncated));

            if (random.Next(4) != 0)
            {
                return;
            }

            var paged = new List<string>();
            for (HitRank? after = null; paged.Count == 0 || after is not null;)
            {
                var next = Engine(_index).Search(request, 7, after);
                paged.AddRange(next.Hits.Select(Show));
                after = next.Next;
                if (next.Hits.Count == 0)
                {
                    break;
                }
            }

            Assert.Equal(expected, paged);
        }

        void Come()
        {
            var peerId = $"p{random.Next(12)}";
            if (_index.Find(peerId) is not null)
            {
                return;
            }

            var catalog = random.Next(2) == 0 && _away.TryGetValue(peerId, out var before) ? before : PeerCatalog.Of(Files(random.Next(40)));
            var peer = Peers.Live(peerId);
            peer.Catalog = catalog;
            _index.Add(peer);
        }

        FileEntry[] Files(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3) == 0
            ? Peers.Name(Path())
            : Peers.File(Path(), random.Next(3), random.Next(2)))];

        string Path() => $"d{random.Next(3)}/" + (random.Next(2) == 0 ? "" : $"{Word()}/") + Word() + (random.Next(2) == 0 ? "" : " " + Word());

        string Word() => Words[random.Next(Words.Length)];

        string Text()
        {
            var word = Word();
            var at = random.Next(word.Length);
            return random.Next(8) switch
            {
                0 => word[at..],
                1 => word[..(at + 1)],
                2 => $"{Word()} {word}",
                3 => $"{word} -{Word()}",
                4 => $"\"{Word()} {word}\"",
                5 => $"*{word[at..]}",
                6 => $"{word[..at]}?*",
                _ => random.Next(3) == 0 ? $"/{word}" : word,
            };
        }

        List<HitRank> Expected(SearchRequest request)
        {
            var query = NameQuery.Parse(request.Archivo, request.Kind);
            var hits = Matching(query);
            var found = hits.Count == 0 && query.Guess is { } guess ? Matching(guess) : hits;
            return [.. found.Where(hit => hit.SourceCount >= (request.Filter?.MinSources ?? 0))];
        }

        List<HitRank> Matching(NameQuery query)
        {
            var hits = from peer in _index.Peers
                       from file in peer.Catalog.From("")
                       let name = file.Path[(file.Path.LastIndexOf('/') + 1)..]
                       let match = query.Matcher.Match(Fold.Utf8(query.OverPath ? file.Path : name))
                       where match != MatchKind.Unspecified
                       let facts = file.Facts
                       group (peer.PeerId, match) by new HitKey(name, facts.Root, facts.Size, facts.Root is null ? peer.PeerId : "") into hit
                       let sources = hit.Select(each => each.PeerId).Distinct().Count()
                       let match = hit.Min(each => each.match)
                       orderby match, -sources, Hex(Fold.Utf8(hit.Key.Name)), Hex(Encoding.UTF8.GetBytes(hit.Key.Name)),
                           hit.Key.Root?.ToString() ?? "", hit.Key.Size, hit.Key.PeerId
                       select new HitRank(match, sources, hit.Key);
            return [.. hits];
        }

        static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

        static string Show(HitRank rank) => rank.ToString();

        static string Show(Hit hit) => Show(hit.Rank);
    }
}
