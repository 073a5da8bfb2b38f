using System.Diagnostics;
using System.Globalization;

namespace Grpc.Tests.Fuzz;

/// <summary>The fuzzed server in a process of its own: this program, told to run <see cref="FuzzServerTests.Serve"/>.</summary>
sealed class FuzzServer : IAsyncDisposable
{
    /// <summary>Names the file into which the server writes its ports.</summary>
    public const string PortsVariable = "P2P_FUZZ_PORTS";

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    readonly Process _process;

    FuzzServer(Process process, List<int> ports) => (_process, Ports) = (process, ports);

    public List<int> Ports { get; }

    public static async Task<FuzzServer> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fuzz-");
        var file = Path.Join(folder.FullName, "ports");
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(FuzzServer).Assembly.Location);
        }
        foreach (var argument in new[] { "-explicit", "only", "-method", $"{typeof(FuzzServerTests).FullName}.{nameof(FuzzServerTests.Serve)}" })
        {
            start.ArgumentList.Add(argument);
        }
        start.Environment[PortsVariable] = file;
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        while (!File.Exists(file))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
        var ports = (await File.ReadAllTextAsync(file, cancellationToken)).Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture));
        folder.Delete(recursive: true);
        return new FuzzServer(process, [.. ports]);
    }

    public async ValueTask DisposeAsync()
    {
        // The end of its input ends it.
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

public sealed class FuzzServerTests
{
    [Fact(Explicit = true)]
    public async Task Serve()
    {
        var token = TestContext.Current.CancellationToken;
        Assert.SkipUnless(Environment.GetEnvironmentVariable(FuzzServer.PortsVariable) is { Length: > 0 }, "It serves the fuzz tests.");
        var file = Environment.GetEnvironmentVariable(FuzzServer.PortsVariable)!;
        await using var app = await FuzzHost.ServeAsync(token);
        await File.WriteAllTextAsync(file + ".new", string.Join(' ', FuzzHost.PortsOf(app)), token);
        File.Move(file + ".new", file);

        var end = await Console.In.ReadLineAsync(token);

        Assert.Null(end);
    }
}
