using System.Diagnostics;
using System.Globalization;
using P2P.Server.Search;

namespace P2P.Benchmarks.Search;

/// <summary>Two threads that search at once, beside one.</summary>
static class Together
{
    static readonly string[] Kinds = ["rare", "medium", "common", "words"];

    public static void Print(SearchEngine engine, string[] paths, int perKind)
    {
        var requests = Kinds.SelectMany(kind => Queries.Draw(kind, paths, perKind).Select(text => QueryReport.Request(kind, text))).ToArray();
        new Random(3).Shuffle(requests);
        void Search(int thread, int threads)
        {
            for (var i = thread; i < requests.Length; i += threads)
            {
                engine.Search(requests[i], QueryReport.PageSize, null);
            }
        }

        var one = Rate(1, Search);
        var two = Rate(2, Search);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"threads: one {one * requests.Length:N0} queries/s, two {two * requests.Length:N0} queries/s: {two / one:N2} x"));
    }

    static double Rate(int threads, Action<int, int> search)
    {
        var started = Stopwatch.GetTimestamp();
        var all = Enumerable.Range(0, threads).Select(at => new Thread(() => search(at, threads))).ToList();
        all.ForEach(thread => thread.Start());
        all.ForEach(thread => thread.Join());
        return 1 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
