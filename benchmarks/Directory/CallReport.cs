using System.Diagnostics;
using P2P.Contracts.DirectoryV1;

namespace P2P.DirectoryBench;

/// <summary>Renewals beside an empty call, and searches while others publish beside searches in quiet.</summary>
static class CallReport
{
    const int Callers = 32;

    public static async Task RenewalsAsync(RunningDirectory directory)
    {
        var token = await directory.LoginAsync(30_000);
        var empty = await RateAsync(directory, () => directory.Client.ChallengeAsync(new ChallengeRequest()).ResponseAsync);
        var renewals = await RateAsync(directory, () => directory.Client.HeartbeatAsync(new HeartbeatRequest(), RunningDirectory.With(token)).ResponseAsync);
        Console.WriteLine($"renewals       {renewals.PerSecond:N0}/s, {renewals.Micros:N0} µs of CPU each; Challenge: {empty.PerSecond:N0}/s, {empty.Micros:N0} µs; {renewals.Micros / empty.Micros:N2} x");
    }

    public static async Task SearchesAsync(RunningDirectory directory)
    {
        await LatenciesAsync(directory, 500);
        var quiet = await LatenciesAsync(directory, 3000);
        using var stop = new CancellationTokenSource();
        var publishing = Enumerable.Range(0, 4).Select(async peer =>
        {
            var token = await directory.LoginAsync(40_000 + peer);
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await PublishReport.PublishAsync(directory, token, (50_000 * (i + 1)) + peer, 1, 1000);
            }
        }).ToArray();
        var loaded = await LatenciesAsync(directory, 3000);
        await stop.CancelAsync();
        try
        {
            await Task.WhenAll(publishing);
        }
        catch (Grpc.Core.RpcException)
        {
            // The numbers of later streams do not follow; what counts is that they kept the directory busy.
        }

        Console.WriteLine($"search         quiet p50 {quiet.P50:N2} ms, p99 {quiet.P99:N2} ms; while 4 peers publish p50 {loaded.P50:N2} ms, p99 {loaded.P99:N2} ms: p99 {loaded.P99 / quiet.P99:N1} x");
    }

    static async Task<(double PerSecond, double Micros)> RateAsync(RunningDirectory directory, Func<Task> call)
    {
        const int Calls = 20_000;
        await ManyAsync(2000, _ => call());
        var (cpu, started) = (directory.Cpu, Stopwatch.GetTimestamp());
        await ManyAsync(Calls, _ => call());
        return (Calls / Stopwatch.GetElapsedTime(started).TotalSeconds, (directory.Cpu - cpu) * 1e6 / Calls);
    }

    /// <summary>So many calls, each told its number, several at once.</summary>
    internal static Task ManyAsync(int calls, Func<int, Task> call) => Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
    {
        for (var i = caller; i < calls; i += Callers)
        {
            await call(i);
        }
    }));

    static async Task<(double P50, double P99)> LatenciesAsync(RunningDirectory directory, int calls)
    {
        var random = new Random(11);
        var times = new List<double>();
        for (var i = 0; i < calls; i++)
        {
            var text = $"{Names.Word(random)}_{Names.Word(random)}{random.Next(1000)}";
            var started = Stopwatch.GetTimestamp();
            await directory.Client.SearchAsync(new SearchRequest { Archivo = text });
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        return (times[calls / 2], times[calls * 99 / 100]);
    }
}
