using System.Diagnostics;
using System.Globalization;
using P2P.Benchmarks.Search;
using P2P.Server.Search;

// search-benchmark CORPUS [NAMES [PEERS [QUERIES [alone]]]]: a corpus is a file of one path a line, in order; alone without the others. See the
// script beside this.
var paths = Corpus.Read(args[0], args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : int.MaxValue);
var peers = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 100;
var perKind = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1000;
var empty = MemoryReport.Resident();
var network = new Network();
var (publishing, merging) = Ingest(network, paths, peers);
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"ingest: {paths.Length:N0} names of {peers} peers: publish {paths.Length / publishing.TotalSeconds:N0} names/s, "
    + $"merge {paths.Length / merging.TotalSeconds:N0} names/s, both {paths.Length / (publishing + merging).TotalSeconds:N0} names/s of CPU; "
    + $"{network.Index.Names.Snapshot.Parts.Length} parts"));
MemoryReport.Print(network.Index, empty, paths.Length);
var engine = new SearchEngine(network.Index, new SearchLimits(), TimeProvider.System);
// For whoever looks for where the time goes: P2P_BENCH_KINDS=rare,words asks only these, many times over.
var kinds = Environment.GetEnvironmentVariable("P2P_BENCH_KINDS")?.Split(',') ?? Queries.Kinds;
foreach (var kind in kinds)
{
    QueryReport.Print(engine, kind, Queries.Draw(kind, paths, perKind));
}

Together.Print(engine, paths, perKind);
if (args is [.., "alone"])
{
    Leaving.Print(engine, network, paths, perKind);
    return;
}

var rivals = new List<IRival> { new Fts5(paths), new Plocate(paths) };
if (Environment.GetEnvironmentVariable("P2P_BENCH_POSTGRES") is { Length: > 0 } connection)
{
    rivals.Add(new Postgres(connection, paths));
}

RivalReport.Print(engine, rivals, paths, Math.Min(perKind, 200));
rivals.ForEach(rival => rival.Dispose());
Leaving.Print(engine, network, paths, perKind);

static (TimeSpan Publishing, TimeSpan Merging) Ingest(Network network, string[] paths, int peers)
{
    var (publishing, merging) = (TimeSpan.Zero, TimeSpan.Zero);
    foreach (var (peerId, part) in Corpus.Split(paths, peers))
    {
        publishing += network.Publish(peerId, part, () => Process.GetCurrentProcess().TotalProcessorTime);
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        while (network.Index.Names.MergeOnce(isQuiet: false))
        {
        }

        merging += Process.GetCurrentProcess().TotalProcessorTime - before;
    }

    while (network.Index.Names.MergeOnce(isQuiet: true))
    {
    }

    return (publishing, merging);
}
