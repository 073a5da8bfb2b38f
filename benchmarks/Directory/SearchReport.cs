using System.Diagnostics;
using System.Net;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search;

namespace P2P.DirectoryBench;

/// <summary>
/// What a Search over gRPC costs the directory beside the same search in the engine, in this process and over the same names, and beside a call that does
/// next to nothing.
/// </summary>
static class SearchReport
{
    const int Texts = 4000;
    const int FilesPerBatch = 1000;
    const int PageSize = 50;

    public static async Task CostAsync(RunningDirectory directory, int peers, int batches)
    {
        var token = await directory.LoginAsync(31_000);
        var empty = await MicrosAsync(directory, _ => directory.Client.HeartbeatAsync(new HeartbeatRequest(), RunningDirectory.With(token)).ResponseAsync);
        var index = await BuildAsync(peers, batches);
        var engine = new SearchEngine(index, new SearchLimits(), TimeProvider.System);
        foreach (var (kind, text) in new (string, Func<Random, string>)[]
        {
            ("a miss", random => $"{Names.Word(random)}qzx{random.Next(1000)}"),
            ("a few hits", random => $"{Names.Word(random)}_{Names.Word(random)}{random.Next(1000)}"),
        })
        {
            var random = new Random(17);
            var requests = Enumerable.Range(0, Texts).Select(_ => new SearchRequest { Archivo = text(random), Kind = QueryKind.Substring, PageSize = PageSize }).ToList();
            var hits = requests.Average(request => engine.Search(request, PageSize, null).Hits.Count);
            var before = Process.GetCurrentProcess().TotalProcessorTime;
            // As many at once as the directory answers: they share caches and memory here too.
            Parallel.ForEach(requests, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, request => engine.Search(request, PageSize, null));
            var own = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalMicroseconds / Texts;
            var call = await MicrosAsync(directory, i => directory.Client.SearchAsync(requests[i % Texts]).ResponseAsync);
            Console.WriteLine($"search cost    {kind} ({hits:N1} hits): {call:N0} µs of CPU a call, {own:N0} µs in the engine, Heartbeat {empty:N0} µs: engine + {(call - own) / empty:N1} x");
        }
    }

    static async Task<double> MicrosAsync(RunningDirectory directory, Func<int, Task> call)
    {
        await CallReport.ManyAsync(2000, call);
        const int calls = 20_000;
        var cpu = directory.Cpu;
        await CallReport.ManyAsync(calls, call);
        return (directory.Cpu - cpu) * 1e6 / calls;
    }

    /// <summary>The names that <see cref="PublishReport.ManyFilesAsync"/> publishes.</summary>
    static Task<CatalogIndex> BuildAsync(int peers, int batches) => Task.Run(() =>
    {
        var index = new CatalogIndex();
        for (var number = 0; number < peers; number++)
        {
            var identity = new PeerIdentity(
                $"peer{number}", "user", "", new PeerEndpoint(IPAddress.Loopback, 10_000 + number, secure: false), [], true, DateTimeOffset.UnixEpoch, null);
            var peer = new LivePeer(identity, PeerCatalog.Empty);
            index.Add(peer);
            for (var batch = 0; batch < batches; batch++)
            {
                index.Apply(peer, peer.Catalog.Apply(Names.Batch(number, batch, FilesPerBatch).Upserts, []));
            }

            // As in the directory, which makes parts of what comes.
            while (index.Names.MergeOnce(isQuiet: false))
            {
            }
        }

        while (index.Names.MergeOnce(isQuiet: true))
        {
        }

        return index;
    });
}
