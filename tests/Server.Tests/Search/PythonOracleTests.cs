using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search;
using P2P.Server.Search.Postings;
using P2P.Server.Tests.Catalogs;
using P2P.Toolbox;

namespace P2P.Server.Tests.Search;

/// <summary>
/// The engine against a program in another language that knows only the contract. <c>P2P_ORACLE_NAMES</c> and <c>P2P_ORACLE_QUERIES</c>
/// make it as large as one has patience for; <c>P2P_ORACLE_CORPUS</c> takes the names from a file of one path a line.
/// </summary>
public sealed class PythonOracleTests
{
    const int PageSize = 50;

    static readonly string[] Words =
    [
        "report", "Report", "rapport", "summer", "Canción", "cancion", "straße", "STRASSE", "Ελλάδα", "ΕΛΛΑΔΑ", "весна", "Весна", "日本", "日本語", "a", "of", "x1",
        "beethoven", "Beethofen", "receive", "recieve", "lion", "loin", "naïve", "Œuvre", "ﬁnal", "2026", "v2", "İstanbul", "ᾳδης", "smörgåsbord", "zero\u200Bwidth",
    ];

    static readonly string[] Marks = [" ", "-", "_", ".", "", "--", " - ", "("];

    readonly Random _random = new(5);

    [Fact]
    public async Task Search_RandomQueries_EqualAnOracleInPython()
    {
        var python = ForeignTool.Python("apt-get install python3", "unicodedata");
        var index = new CatalogIndex(new MergePolicy(TailFiles: 256, SmallTail: 16, Growth: 4));
        var paths = Paths(Setting("P2P_ORACLE_NAMES", 3000));
        foreach (var (part, at) in paths.Chunk((paths.Count / 10) + 1).Select((part, at) => (part, at)))
        {
            index.Add(Peers.Live($"peer{at}", [.. part.Select(Entry)]));
            index.Names.MergeOnce(isQuiet: true);
        }

        for (var round = 0; round < 3; round++)
        {
            await CompareAsync(python, index, Setting("P2P_ORACLE_QUERIES", 600) / 3, paths);

            // Some go, some change, some come.
            index.Remove(index.Peers[_random.Next(index.Peers.Count)]);
            var changing = index.Peers[_random.Next(index.Peers.Count)];
            index.Apply(changing, changing.Catalog.Apply([.. paths.Take(50).Select(Entry)], [.. changing.Catalog.From("").Take(20).Select(file => file.Path)]));
            index.Add(Peers.Live($"new{round}", [.. paths.Skip(100 * round).Take(200).Select(Entry)]));
            index.Names.MergeOnce(isQuiet: round % 2 == 0);
        }
    }

    async Task CompareAsync(string python, CatalogIndex index, int count, List<string> paths)
    {
        var queries = Enumerable.Range(0, count).Select(_ => Query(paths)).ToList();
        var files = index.Peers.SelectMany(peer => peer.Catalog.From("").Select(file => (object[])
            [peer.PeerId, file.Path, file.Facts.Root?.ToString() ?? "", file.Facts.Size]));
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "search_oracle.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        using var oracle = Process.Start(start)!;
        var asking = Task.Run(async () =>
        {
            await oracle.StandardInput.WriteAsync(JsonSerializer.Serialize(new { files, queries = queries.Select(query => (object[])[query.Text, (int)query.Kind]) }));
            oracle.StandardInput.Close();
        });
        var limits = new SearchLimits { Candidates = 10_000_000, Looks = 1_000_000_000, Counted = 10_000_000, Milliseconds = 60_000 };
        var engine = new SearchEngine(index, limits, TimeProvider.System);
        foreach (var (text, kind) in queries)
        {
            var expected = await oracle.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            var page = engine.Search(new SearchRequest { Archivo = text, Kind = kind }, PageSize, null);
            var hits = page.Hits.Select(hit => (object[])
                [hit.Key.Name, hit.Key.Root?.ToString() ?? "", hit.Key.Size, (int)hit.Match, hit.SourceCount]);
            Assert.Equal(Plain(expected!), $"{kind} '{text}': " + Plain(JsonSerializer.Serialize((object[])[hits, page.TotalCount])), Comparer(kind, text));
        }

        await asking;
        await oracle.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, oracle.ExitCode);
    }

    /// <summary>The second text has the query before it, to be seen when it is not as the first.</summary>
    static EqualityComparer<string> Comparer(QueryKind kind, string text) =>
        EqualityComparer<string>.Create((one, other) => other == $"{kind} '{text}': {one}", _ => 0);

    static string Plain(string json) => JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(json));

    List<string> Paths(int count) => Environment.GetEnvironmentVariable("P2P_ORACLE_CORPUS") is { } corpus
        ? [.. File.ReadLines(corpus).Where(_ => _random.Next(40) == 0).Take(count)]
        : [.. Enumerable.Range(0, count).Select(_ => $"share/{_random.Next(30)}/{Name()}").Distinct()];

    string Name() => string.Concat(Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Pick(Words) + Pick(Marks))) + Pick(["", ".iso", ".MP3", ".txt"]);

    FileEntry Entry(string path) => _random.Next(10) == 0 ? Peers.Name(path) : Peers.File(path, _random.Next(1, 4), _random.Next(1, 3));

    (string Text, QueryKind Kind) Query(List<string> paths)
    {
        var path = paths[_random.Next(paths.Count)];
        var name = path[(path.LastIndexOf('/') + 1)..];
        var cut = Cut(name, _random.Next(1, 12));
        var text = _random.Next(9) switch
        {
            0 => name,
            1 => $"{Cut(name, 3)} {Cut(name, 4)}",
            2 => $"{cut} -{Cut(name, 2)}",
            3 => $"\"{cut}\" {Cut(name, 2)}",
            4 => $"*{cut}*",
            5 => $"{Cut(name, 2)}*{cut}?*",
            6 => Mistyped(name),
            _ => cut,
        };
        text = text.Replace("/", "", StringComparison.Ordinal);
        return Fold.Text(text).Trim().Length == 0 ? Query(paths) : (text, _random.Next(2) == 0 ? QueryKind.Unspecified : (QueryKind)_random.Next(1, 7));
    }

    string Mistyped(string name)
    {
        var letters = name.Split(' ', '-', '_', '.', '(').MaxBy(word => word.Length)!.ToCharArray();
        if (letters.Length > 3)
        {
            letters[_random.Next(letters.Length)] = 'e';
        }

        return new string(letters);
    }

    /// <summary>Not through the middle of a surrogate pair.</summary>
    string Cut(string name, int length)
    {
        var at = _random.Next(name.Length);
        var cut = name[at..Math.Min(name.Length, at + length)];
        return cut.Any(char.IsSurrogate) ? "a" : cut;
    }

    string Pick(string[] from) => from[_random.Next(from.Length)];

    static int Setting(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { } set ? int.Parse(set, CultureInfo.InvariantCulture) : usual;
}
