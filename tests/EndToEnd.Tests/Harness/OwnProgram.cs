using System.Diagnostics;
using System.Reflection;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Harness;

/// <summary>One of our own programs as a user runs it: a process of its own, told apart only by its arguments and what it prints.</summary>
public sealed class OwnProgram : IAsyncDisposable
{
    static readonly string Configuration = typeof(OwnProgram).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Configuration").Value!;

    readonly Process _process;
    readonly List<string> _lines = [];
    readonly TaskCompletionSource _outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    OwnProgram(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string DirectoryAssembly => Assembly("Server", "p2p-directory.dll");

    /// <summary>The peer; with P2P_PEER another build of it, as one that was published.</summary>
    public static string PeerAssembly => Environment.GetEnvironmentVariable("P2P_PEER") ?? Assembly("Peer", "peer.dll");

    public int Id => _process.Id;

    /// <summary>What it printed so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Resident memory in bytes, as the kernel counts it.</summary>
    public long ResidentBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{Id}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null) * 1024;
        }
    }

    /// <param name="assembly">Which program: one for .NET to run, or one that runs by itself.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Variables beside this process's own.</param>
    /// <param name="network">A network namespace to run it in; null for the machine's own network.</param>
    public static OwnProgram Start(
        string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? network = null)
    {
        string[] place = network is null ? [] : ["ip", "netns", "exec", network];
        string[] runner = assembly.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet"] : [];
        string[] command = [.. place, .. runner, assembly, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new OwnProgram(process);
    }

    /// <summary>The first line that holds the text, once it is printed.</summary>
    public async Task<string> WaitForAsync(string text, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lines)
            {
                if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                Assert.False(_outputEnded.Task.IsCompleted, $"The program ended without printing '{text}':\n{string.Join('\n', _lines)}");
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits for its end: the exit code and all that it printed.</summary>
    public async Task<(int ExitCode, string Output)> CompleteAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _outputEnded.Task.WaitAsync(cancellationToken);
        return (_process.ExitCode, Output);
    }

    /// <summary>SIGKILL, at once.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>A signal by name, such as <c>TERM</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, Id.ToString(null, null)]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    static string Assembly(string folder, string name) =>
        Path.Combine(ForeignTool.RepositoryRoot, folder, "bin", Configuration, "net10.0", name);

    void Add(string? line)
    {
        TaskCompletionSource changed;
        lock (_lines)
        {
            if (line is null)
            {
                _outputEnded.TrySetResult();
            }
            else
            {
                _lines.Add(line);
            }

            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }
}
