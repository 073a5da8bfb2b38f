using System.Diagnostics;
using System.Globalization;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;

namespace P2P.Benchmarks.Search;

/// <summary>Searches while three of five peers leave at once, and parts that are mostly theirs are made anew, beside the same searches in quiet.</summary>
static class Leaving
{
    static readonly string[] Kinds = ["rare", "medium", "common", "words"];

    public static void Print(SearchEngine engine, Network network, string[] paths, int perKind)
    {
        var requests = Kinds.SelectMany(kind => Queries.Draw(kind, paths, perKind).Select(text => QueryReport.Request(kind, text))).ToArray();
        new Random(5).Shuffle(requests);
        var quiet = Times(engine, requests, round => round < 5);
        var leaving = network.Peers.Where((_, at) => at % 5 < 3).ToList();
        var (left, merges, partsBefore) = (TimeSpan.Zero, 0, network.Index.Names.Snapshot.Parts.Length);
        var worker = Task.Factory.StartNew(
            () =>
            {
                var started = Stopwatch.GetTimestamp();
                leaving.ForEach(network.Index.Remove);
                left = Stopwatch.GetElapsedTime(started);
                for (; network.Index.Names.MergeOnce(isQuiet: true); merges++)
                {
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var during = Times(engine, requests, _ => !worker.IsCompleted);
        worker.Wait();
        var ratio = At(during) / At(quiet);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"leaving: {leaving.Count:N0} peers in {left.TotalMilliseconds:N0} ms, then {merges} merges ({partsBefore} parts, then {network.Index.Names.Snapshot.Parts.Length}): "
            + $"p99.9 of {quiet.Count:N0} searches in quiet {At(quiet):N0} us, of {during.Count:N0} meanwhile {At(during):N0} us: {ratio:N1} x"));
    }

    static List<double> Times(SearchEngine engine, SearchRequest[] requests, Func<int, bool> goOn)
    {
        var times = new List<double>();
        for (var round = 0; goOn(round); round++)
        {
            for (var i = 0; i < requests.Length && goOn(round); i++)
            {
                var before = Stopwatch.GetTimestamp();
                engine.Search(requests[i], QueryReport.PageSize, null);
                times.Add(Stopwatch.GetElapsedTime(before).TotalMicroseconds);
            }
        }

        times.Sort();
        return times;
    }

    static double At(List<double> sorted) => sorted[(int)(sorted.Count * 0.999)];
}
