using System.Diagnostics.Metrics;
using P2P.Server.Catalogs;
using P2P.Server.Lines;
using P2P.Server.Relay;
using P2P.Server.Sessions;

namespace P2P.Server.Hosting;

/// <summary>What the directory tells a metrics collector of itself, under the meter <c>P2P.Directory</c>.</summary>
sealed class DirectoryMetrics
{
    public const string MeterName = "P2P.Directory";

    readonly Counter<long> _searches;

    public DirectoryMetrics(IMeterFactory meters, CatalogIndex index, SessionTable sessions, ContentRelay relay, LineRegistry lines, MeetingPlace meetings)
    {
        var meter = meters.Create(MeterName);
        _searches = meter.CreateCounter<long>("p2p.directory.searches", "{search}", "Searches answered.");
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

    public void Searched(bool truncated) => _searches.Add(1, KeyValuePair.Create<string, object?>("truncated", truncated));
}
