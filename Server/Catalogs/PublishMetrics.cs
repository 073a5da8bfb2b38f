using System.Diagnostics.Metrics;

namespace P2P.Server.Catalogs;

/// <summary>What peers publish, for a metrics collector. Files of Login are not counted.</summary>
static class PublishMetrics
{
    public const string MeterName = "P2P.Directory.Publish";

    static readonly Meter Meter = new(MeterName);

    static readonly Counter<long> Batches = Meter.CreateCounter<long>("p2p.directory.publish.batches", "{batch}", "Batches committed.");

    static readonly Counter<long> Files = Meter.CreateCounter<long>("p2p.directory.publish.files", "{file}", "Files that batches added, changed or removed.");

    public static void Committed(PublishedBatch batch)
    {
        Batches.Add(1);
        Files.Add(batch.Files.Count + batch.Rest.Removes.Count);
    }
}
