using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;

namespace P2P.DirectoryBench;

/// <summary>
/// Searches in quiet, and while 200 guess passwords all the time: once with the limits that a directory has by default, and once without
/// limits, where as many guesses are checked as the gate lets in. Who guesses is another process, with connections of its own.
/// </summary>
static class GuessReport
{
    const string Command = "guess";
    const int Guessers = 200;
    const int Rounds = 5;

    // Who hears that it comes too often keeps asking, as one does who is up to no good, but leaves the machine some time. On average.
    const int PauseMilliseconds = 100;

    static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(4);
    static readonly TimeSpan s_part = TimeSpan.FromSeconds(5);

    /// <summary>Whether this process was started to guess; then it has done so until it was killed.</summary>
    public static async Task<bool> GuessesAsync(string[] args)
    {
        if (args is not [Command, var url])
        {
            return false;
        }

        await Task.WhenAll(Enumerable.Range(0, Guessers).Select(i => GuessAsync(RunningDirectory.Connect(url), i)));
        return true;
    }

    public static async Task RunAsync(string folder)
    {
        await MeasureAsync(Path.Combine(folder, "limited"), "with the limits by default", ("Directory__Rounds", ""));
        await MeasureAsync(
            Path.Combine(folder, "unlimited"), "without limits",
            ("Directory__Rounds", ""), ("Directory__Attempts__PerAccount", "0"), ("Directory__Attempts__PerAddress", "0"));
    }

    static async Task MeasureAsync(string folder, string name, params (string Name, string Value)[] settings)
    {
        using var directory = RunningDirectory.Start(folder, settings);
        var token = await directory.LoginAsync(5001);
        await PublishReport.PublishAsync(directory, token, 0, 10, 1000);
        await LatenciesAsync(directory);
        var (quiet, busy) = (new List<double>(), new List<double>());
        var (quietCpu, busyCpu) = (0.0, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            var before = directory.Cpu;
            quiet.AddRange(await LatenciesAsync(directory));
            quietCpu += directory.Cpu - before;
            // They have machines of their own in life.
            using var guessers = Process.Start("nice", ["-n", "19", Environment.ProcessPath!, Command, directory.Url]);
            await Task.Delay(s_part, TimeProvider.System);
            before = directory.Cpu;
            busy.AddRange(await LatenciesAsync(directory));
            busyCpu += directory.Cpu - before;
            if (guessers.HasExited)
            {
                throw new InvalidOperationException("Those who guess ended before they were told to: nothing was measured.");
            }

            guessers.Kill();
            await guessers.WaitForExitAsync();
        }

        quiet.Sort();
        busy.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"guessing       {name}: search quiet p50 {Part(quiet, 50):N2} ms, p99 {Part(quiet, 99):N2} ms; while {Guessers} guess p50 {Part(busy, 50):N2} ms, p99 {Part(busy, 99):N2} ms: p99 {Part(busy, 99) / Part(quiet, 99):N1} x; CPU of the directory {quietCpu / Rounds / s_part.TotalSeconds:N2} and {busyCpu / Rounds / s_part.TotalSeconds:N2} s a second"));
    }

    static double Part(List<double> sorted, int percent) => sorted[sorted.Count * percent / 100];

    // One at a time, at a steady pace: a query that is late delays none but itself.
    static async Task<List<double>> LatenciesAsync(RunningDirectory directory)
    {
        var random = new Random(11);
        var times = new List<double>();
        using var pace = new PeriodicTimer(s_between);
        for (var end = Stopwatch.GetTimestamp() + (long)(s_part.TotalSeconds * Stopwatch.Frequency); Stopwatch.GetTimestamp() < end;)
        {
            await pace.WaitForNextTickAsync();
            var started = Stopwatch.GetTimestamp();
            await directory.Client.SearchAsync(new SearchRequest { Archivo = Names.Word(random) });
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return times;
    }

    static async Task GuessAsync(Contracts.DirectoryV1.Directory.DirectoryClient client, int guesser)
    {
        var request = new LoginRequest { User = "user1", Password = $"wrong {guesser}", Ip = "127.0.0.1", Port = 6001 };
        var random = new Random(guesser);
        while (true)
        {
            try
            {
                await client.LoginAsync(request);
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.Unauthenticated)
            {
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.ResourceExhausted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(2 * PauseMilliseconds)), TimeProvider.System);
            }
        }
    }
}
