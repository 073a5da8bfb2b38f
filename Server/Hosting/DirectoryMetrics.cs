using System.Diagnostics.Metrics;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Lines;
using P2P.Server.Relay;
using P2P.Server.Sessions;
using P2P.Server.Watching;

namespace P2P.Server.Hosting;

/// <summary>What the directory tells a metrics collector of itself, under the meter <c>P2P.Directory</c>.</summary>
sealed class DirectoryMetrics
{
    public const string MeterName = "P2P.Directory";

    readonly Histogram<double> _searches;

    public DirectoryMetrics(
        IMeterFactory meters, CatalogIndex index, SessionTable sessions, ContentRelay relay, LineRegistry lines, MeetingPlace meetings, WatchDesk watch)
    {
        var meter = meters.Create(MeterName);
        _searches = meter.CreateHistogram(
            "p2p.directory.search.duration", "s", "How long searches took in the index.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.00001, .00005, .0001, .0005, .001, .005, .01, .05, .1, .5, 1] });
        meter.CreateObservableGauge("p2p.directory.contents", () => index.ContentCount, "{content}", "Distinct contents that live peers share.");
        meter.CreateObservableGauge("p2p.directory.indexed", () => index.TotalSize, "By", "Bytes that live peers share, each file counted.");
        meter.CreateObservableGauge("p2p.directory.watchers", () => watch.Running, "{watcher}", "Watchers now.");
        meter.CreateObservableGauge("p2p.directory.peers", () => index.Peers.Count, "{peer}", "Live peers.");
        meter.CreateObservableGauge("p2p.directory.sessions", () => sessions.Count, "{session}", "Live sessions, readers included.");
        meter.CreateObservableGauge("p2p.directory.files", () => index.FileCount, "{file}", "Files that live peers share.");
        meter.CreateObservableGauge("p2p.directory.lines", () => lines.Count, "{line}", "Open Control lines.");
        meter.CreateObservableGauge(
            "p2p.directory.relays", () => ByKind(relay.Running, meetings.Count), "{transfer}", "Downloads and relays that pass through now.");
        meter.CreateObservableCounter("p2p.directory.relayed", () => ByKind(relay.Bytes, meetings.Bytes), "By", "Bytes passed on.");
    }

    static Measurement<long>[] ByKind(long downloads, long relays) =>
        [new(downloads, KeyValuePair.Create<string, object?>("kind", "download")), new(relays, KeyValuePair.Create<string, object?>("kind", "relay"))];

    /// <param name="kind">As the request said; one that leaves it to the directory counts as <c>auto</c>.</param>
    /// <param name="duration">From the request to the answer.</param>
    /// <param name="truncated">Whether the budget ran out.</param>
    public void Searched(QueryKind kind, TimeSpan duration, bool truncated) => _searches.Record(
        duration.TotalSeconds,
        KeyValuePair.Create<string, object?>("kind", kind == QueryKind.Unspecified ? "auto" : kind.ToString().ToLowerInvariant()),
        KeyValuePair.Create<string, object?>("truncated", truncated));
}
