using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using P2P.Contracts.DirectoryV1;

namespace P2P.DirectoryBench;

/// <summary>The directory as a process of its own, whose processor time and memory are its own too.</summary>
sealed class RunningDirectory : IDisposable
{
    const string FirstLine = "  Listening   ";
    const double TicksPerSecond = 100;

    readonly Process _process;

    RunningDirectory(Process process, string url, TimeSpan untilReady)
    {
        (_process, Url, UntilReady) = (process, url, untilReady);
        Client = Connect();
    }

    public string Url { get; }

    /// <summary>From the start of the process until its port was open.</summary>
    public TimeSpan UntilReady { get; }

    public Contracts.DirectoryV1.Directory.DirectoryClient Client { get; }

    /// <summary>Processor seconds, of user and kernel.</summary>
    public double Cpu => Fields().Skip(13).Take(2).Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;

    public double MemoryMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <param name="folder">Where it keeps its data.</param>
    /// <param name="settings">Of its environment; an empty value for what it has by default.</param>
    public static RunningDirectory Start(string folder, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "p2p-directory.dll"), "--data", folder, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
        };
        // Logging in is measured by itself, with the rounds that a directory has by default; here it only stands in the way.
        start.Environment["Directory__Rounds"] = "1000";
        start.Environment["Logging__LogLevel__P2P.Server.Search"] = "Information";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value.Length > 0 ? value : null;
        }

        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith(FirstLine, StringComparison.Ordinal))
            {
                _ = RepeatAsync(process.StandardOutput);
                return new RunningDirectory(process, line[FirstLine.Length..], Stopwatch.GetElapsedTime(started));
            }
        }

        throw new InvalidOperationException("The directory ended before it listened.");
    }

    /// <summary>What it says of its index belongs to the report.</summary>
    static async Task RepeatAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.Contains("The index of", StringComparison.Ordinal))
            {
                Console.WriteLine($"index          {line.Trim()}");
            }
        }
    }

    /// <summary>A client with a connection of its own.</summary>
    public Contracts.DirectoryV1.Directory.DirectoryClient Connect() => Connect(Url);

    /// <summary>A client with a connection of its own.</summary>
    public static Contracts.DirectoryV1.Directory.DirectoryClient Connect(string url) => new(GrpcChannel.ForAddress(url));

    public async Task<string> LoginAsync(int port)
    {
        while (true)
        {
            try
            {
                return (await Client.LoginAsync(new LoginRequest { User = $"user{port % 500}", Password = "per1234", Ip = "127.0.0.1", Port = port })).Token;
            }
            catch (RpcException busy) when (busy.StatusCode == StatusCode.ResourceExhausted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }

    public static CallOptions With(string token) => new(new Metadata { { "authorization", "Bearer " + token } });

    /// <summary>SIGKILL.</summary>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    IEnumerable<string> Fields()
    {
        // The name, in parentheses, may have spaces; it is field 2.
        var text = File.ReadAllText($"/proc/{_process.Id}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ').Prepend("").Prepend("");
    }
}
