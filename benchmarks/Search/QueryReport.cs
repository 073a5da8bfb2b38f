using System.Diagnostics;
using System.Globalization;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;

namespace P2P.Benchmarks.Search;

/// <summary>Time in the engine of one kind of query: the best 50 by rank.</summary>
static class QueryReport
{
    const int PageSize = 50;

    public static void Print(SearchEngine engine, string kind, string[] queries)
    {
        var requests = queries.Select(query => new SearchRequest
        {
            Archivo = query,
            Kind = kind switch { "typo" => QueryKind.Fuzzy, _ => QueryKind.Unspecified },
        }).ToArray();
        foreach (var request in requests.Take(200))
        {
            engine.Search(request, PageSize, null);
        }

        var times = new double[requests.Length];
        var (found, truncated) = (0L, 0);
        for (var i = 0; i < requests.Length; i++)
        {
            var before = Stopwatch.GetTimestamp();
            var page = engine.Search(requests[i], PageSize, null);
            times[i] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
            found += page.Hits.Count;
            truncated += page.IsTruncated ? 1 : 0;
        }

        Array.Sort(times);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{kind,-8} p50 {At(times, 50),9:N1} us   p99 {At(times, 99),9:N1} us   p99.9 {At(times, 99.9),9:N1} us   max {times[^1],9:N1} us   "
            + $"hits {found / (double)times.Length:N1}   truncated {100.0 * truncated / times.Length:N1} %"));
    }

    static double At(double[] sorted, double percent) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * percent / 100))];
}
