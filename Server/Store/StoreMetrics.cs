using System.Diagnostics.Metrics;

namespace P2P.Server.Store;

/// <summary>What the store tells a metrics collector. It is open before there is a container, so its meter is the program's.</summary>
static class StoreMetrics
{
    public const string MeterName = "P2P.Directory.Store";

    static readonly Meter Meter = new(MeterName);

    static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "p2p.directory.store.commit.duration", "s", "From the beginning of a transaction until it is on the disk.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10] });

    static readonly Histogram<int> Group = Meter.CreateHistogram(
        "p2p.directory.store.commit.callers", "{caller}", "Callers whose changes one transaction made durable.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });

    public static void Committed(TimeSpan duration, int callers)
    {
        Duration.Record(duration.TotalSeconds);
        Group.Record(callers);
    }
}
