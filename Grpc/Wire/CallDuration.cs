using System.Diagnostics.Metrics;

namespace Grpc.Wire;

/// <summary>What the histograms of call durations, on both sides, have in common.</summary>
static class CallDuration
{
    /// <summary>The bucket bounds, in seconds, that OpenTelemetry advises for HTTP and RPC.</summary>
    public static InstrumentAdvice<double> Advice { get; } = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };
}
