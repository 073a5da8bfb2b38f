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
            Kind = kind switch { "typo" => QueryKind.Fuzzy, "glob" => QueryKind.Glob, "words" => QueryKind.Words, _ => QueryKind.Substring },
        }).ToArray();
        foreach (var request in requests.Take(200))
        {
            engine.Search(request, PageSize, null);
        }

        var (times, cpu) = (new double[requests.Length], new double[requests.Length]);
        var (found, truncated) = (0L, 0);
        for (var i = 0; i < requests.Length; i++)
        {
            var (before, cpuBefore) = (Stopwatch.GetTimestamp(), ThreadClock.Now);
            var page = engine.Search(requests[i], PageSize, null);
            times[i] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
            cpu[i] = (ThreadClock.Now - cpuBefore).TotalMicroseconds;
            found += page.Hits.Count;
            truncated += page.IsTruncated ? 1 : 0;
        }

        Array.Sort(times);
        Array.Sort(cpu);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{kind,-8} CPU p50 {At(cpu, 50),8:N1}   p99 {At(cpu, 99),8:N1}   mean {cpu.Average(),8:N1} us   "
            + $"time p50 {At(times, 50),8:N1}   p99 {At(times, 99),8:N1}   p99.9 {At(times, 99.9),8:N1} us   "
            + $"hits {found / (double)times.Length:N1}   truncated {100.0 * truncated / times.Length:N1} %"));
    }

    static double At(double[] sorted, double percent) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * percent / 100))];
}
