using System.Diagnostics;
using System.Globalization;

namespace Grpc.Tests.Fuzz;

/// <summary>How long fuzzing runs, and what the memory says afterwards.</summary>
static class FuzzSize
{
    const string CountVariable = "P2P_FUZZ";
    const long UsualCount = 4_000;

    // From here on memory has settled, and growth is a leak.
    const long TellingCount = 100_000;
    const double AllowedGrowth = 0.05;

    /// <summary>Requests of one round; <c>P2P_FUZZ=1000000</c> for the full one.</summary>
    public static long Count { get; } =
        long.TryParse(Environment.GetEnvironmentVariable(CountVariable), CultureInfo.InvariantCulture, out var count) ? count : UsualCount;

    /// <summary>
    /// Runs two rounds with seeds of their own. No fault may occur, at least 30 of 100 requests must reach a handler, and after a full
    /// second round the process must not be larger than after the first by more than 5 in 100.
    /// </summary>
    public static async Task RunAsync<TInput>(FuzzRunner<TInput> runner, int seed, CancellationToken cancellationToken)
    {
        await runner.ReplayAsync(cancellationToken);
        await runner.RunAsync(Count, seed, cancellationToken);
        var first = ResidentBytes();
        await runner.RunAsync(Count, seed + 1, cancellationToken);
        var second = ResidentBytes();
        var growth = ((double)second / first) - 1;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{runner.Report()}\nresident: {first >> 20} MiB after the first round, {second >> 20} MiB after the second ({growth:p1})");

        Assert.True(runner.Faults.Count == 0, string.Join('\n', runner.Faults));
        Assert.True(runner.Reached >= 0.3 * runner.Sent, runner.Report());
        Assert.True(Count < TellingCount || growth <= AllowedGrowth, $"grown by {growth:p1}, from {first} to {second} bytes");
    }

    static long ResidentBytes()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
