using System.Globalization;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;

namespace P2P.Benchmarks.Search;

/// <summary>First 50 against first 50: CPU a query of the engine, which ranks them, beside that of others, which do not.</summary>
static class RivalReport
{
    const int Most = 50;

    /// <summary>Those kinds that all of them can answer.</summary>
    static readonly string[] Kinds = ["rare", "medium", "common", "short", "miss"];

    public static void Print(SearchEngine engine, IReadOnlyList<IRival> rivals, string[] paths, int queries)
    {
        foreach (var rival in rivals)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rival.Name}: built at {paths.Length / rival.Build.TotalSeconds:N0} names/s of CPU"));
        }

        foreach (var kind in Kinds)
        {
            var texts = Queries.Draw(kind, paths, queries);
            var own = Mean(texts, text => Engine(engine, text));
            var others = rivals.Select(rival => (rival.Name, Mean: Mean(texts, text => rival.Find(text, Most)))).ToList();
            var told = others.Select(other => string.Create(CultureInfo.InvariantCulture, $"{other.Name} {other.Mean,10:N1} us ({other.Mean / own:N1} x)"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind,-8} CPU a query: engine {own,8:N1} us   {string.Join("   ", told)}"));
        }
    }

    static TimeSpan Engine(SearchEngine engine, string text)
    {
        var before = ThreadClock.Now;
        engine.Search(new SearchRequest { Archivo = text, Kind = QueryKind.Substring }, Most, null);
        return ThreadClock.Now - before;
    }

    static double Mean(string[] texts, Func<string, TimeSpan> find)
    {
        foreach (var text in texts.Take(10))
        {
            find(text);
        }

        return texts.Average(text => find(text).TotalMicroseconds);
    }
}
