using System.Diagnostics;
using System.Globalization;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;

namespace P2P.Benchmarks.Search;

/// <summary>Time in the engine of one kind of query: the best 50 by rank, and the first 50 by peer and path.</summary>
static class QueryReport
{
    public const int PageSize = 50;

    public static SearchRequest Request(string kind, string text) => new()
    {
        Archivo = text,
        Kind = kind switch { "typo" => QueryKind.Fuzzy, "glob" => QueryKind.Glob, "words" => QueryKind.Words, _ => QueryKind.Substring },
    };

    public static void Print(SearchEngine engine, string kind, string[] queries)
    {
        var requests = queries.Select(text => Request(kind, text)).ToArray();
        Print("best", kind, requests, request => engine.Search(request, PageSize, null) is var page ? (page.Hits.Count, page.IsTruncated) : default);
        Print("first", kind, requests, request => engine.ListFiles(request, PageSize, null) is var page ? (page.Files.Count, page.IsTruncated) : default);
    }

    static void Print(string order, string kind, SearchRequest[] requests, Func<SearchRequest, (int Hits, bool IsTruncated)> search)
    {
        foreach (var request in requests)
        {
            search(request);
        }

        var (times, cpu) = (new double[requests.Length], new double[requests.Length]);
        var (found, truncated) = (0L, 0);
        for (var i = 0; i < requests.Length; i++)
        {
            var (before, cpuBefore) = (Stopwatch.GetTimestamp(), ThreadClock.Now);
            var page = search(requests[i]);
            times[i] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
            cpu[i] = (ThreadClock.Now - cpuBefore).TotalMicroseconds;
            found += page.Hits;
            truncated += page.IsTruncated ? 1 : 0;
        }

        var slowest = string.Join(", ", Enumerable.Range(0, times.Length).OrderByDescending(i => times[i]).Take(5).Select(i => $"'{requests[i].Archivo}'"));
        Array.Sort(times);
        Array.Sort(cpu);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{order,-5} {kind,-6} CPU p50 {At(cpu, 50),8:N1}   p99 {At(cpu, 99),8:N1}   mean {cpu.Average(),8:N1} us   "
            + $"time p50 {At(times, 50),8:N1}   p99 {At(times, 99),8:N1}   p99.9 {At(times, 99.9),8:N1} us   "
            + $"hits {found / (double)times.Length:N1}   truncated {100.0 * truncated / times.Length:N1} %   slowest {slowest}"));
    }

    static double At(double[] sorted, double percent) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * percent / 100))];
}
