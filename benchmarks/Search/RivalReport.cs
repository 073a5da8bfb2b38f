using System.Globalization;
using P2P.Server.Search;

namespace P2P.Benchmarks.Search;

/// <summary>First 50 against first 50, in no order of rank: CPU a query of the engine beside that of others; and of the engine's best 50.</summary>
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
            var own = Mean(texts, text => Clocked(() => engine.ListFiles(QueryReport.Request(kind, text), Most, null)));
            var ranked = Mean(texts, text => Clocked(() => engine.Search(QueryReport.Request(kind, text), Most, null)));
            var others = rivals.Select(rival => (rival.Name, Mean: Mean(texts, text => rival.Find(text, Most)))).ToList();
            var told = others.Select(other => string.Create(CultureInfo.InvariantCulture, $"{other.Name} {other.Mean,10:N1} us ({other.Mean / own:N1} x)"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind,-8} CPU a query: engine {own,8:N1} us (best 50: {ranked,8:N1} us)   {string.Join("   ", told)}"));
        }
    }

    static TimeSpan Clocked(Action search)
    {
        var before = ThreadClock.Now;
        search();
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
