using System.Diagnostics.Metrics;
using P2P.Content;

namespace P2P.Server.Relay;

/// <summary>How downloads through the directory end, for a metrics collector. Counts of what is under way are gauges of the directory's own meter.</summary>
static class RelayMetrics
{
    public const string MeterName = "P2P.Directory.Relay";

    static readonly Meter Meter = new(MeterName);

    static readonly Counter<long> Downloads = Meter.CreateCounter<long>("p2p.directory.relay.downloads", "{download}", "Downloads that ended.");

    static readonly Counter<long> Failures = Meter.CreateCounter<long>("p2p.directory.relay.source.failures", "{failure}", "Sources that failed a download.");

    /// <param name="outcome"><c>whole</c>, <c>failed</c> or <c>cancelled</c>.</param>
    public static void Ended(string outcome) => Downloads.Add(1, KeyValuePair.Create<string, object?>("outcome", outcome));

    public static void SourceFailed(FetchFault fault) => Failures.Add(1, KeyValuePair.Create<string, object?>("fault", fault.ToString()));
}
