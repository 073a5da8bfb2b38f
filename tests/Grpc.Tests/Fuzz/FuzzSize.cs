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

    /// <summary>Whether a round is long enough for the memory to tell something.</summary>
    public static bool IsTelling => Count >= TellingCount;

    /// <summary>
    /// Runs two rounds with seeds of their own. No fault may occur, at least 30 of 100 requests must reach a handler, and after a full
    /// second round the server's process must not be larger than after the first by more than 5 in 100.
    /// </summary>
    public static async Task RunAsync<TInput>(FuzzRunner<TInput> runner, FuzzHost host, int seed, CancellationToken cancellationToken)
    {
        await runner.ReplayAsync(cancellationToken);
        await runner.RunAsync(Count, seed, cancellationToken);
        var first = await host.MemoryAsync(cancellationToken);
        await runner.RunAsync(Count, seed + 1, cancellationToken);
        var second = await host.MemoryAsync(cancellationToken);
        var growth = ((double)second.Resident / first.Resident) - 1;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{runner.Report()}\nserver, resident: {first.Resident >> 10} KiB after the first round, {second.Resident >> 10} KiB after the second ({growth:p1}); objects: {first.Managed >> 10} KiB, {second.Managed >> 10} KiB");

        Assert.True(runner.Faults.Count == 0, string.Join('\n', runner.Faults));
        Assert.True(runner.Reached >= 0.3 * runner.Sent, runner.Report());
        Assert.True(!IsTelling || growth <= AllowedGrowth, $"grown by {growth:p1}, from {first.Resident} to {second.Resident} bytes");
    }

    /// <summary>The bytes that this process holds in memory once all garbage is collected.</summary>
    public static long CollectedBytes()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Environment.WorkingSet;
    }
}
