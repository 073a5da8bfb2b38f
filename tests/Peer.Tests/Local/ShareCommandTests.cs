using System.Text.Json;
using P2P.Peers.CommandLine;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Local;

public sealed class ShareCommandTests : IDisposable
{
    readonly TemporaryFolder _temporary = new();
    readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    readonly StringWriter _errors = new();
    readonly SharedWriter _output = new();

    public ShareCommandTests()
    {
        Directory.CreateDirectory(_temporary.File("share"));
        File.WriteAllText(_temporary.File("share/a.txt"), "abc");
    }

    public void Dispose()
    {
        _stop.Dispose();
        _temporary.Dispose();
        _errors.Dispose();
        _output.Dispose();
    }

    // Port 9 of this machine answers nobody.
    [Fact]
    public async Task Share_NoDirectory_SharesAllTheSameUntilStopped()
    {
        var running = RunAsync("share", _temporary.File("share"), "--port", "0", "--json");
        await Wait.UntilAsync(() => Events().Any(line => line.Contains("\"ready\"", StringComparison.Ordinal)));

        Assert.Equal(ExitCodes.Exists, await RunAsync("share", _temporary.File("share"), "--port", "0"));
        Assert.Equal(ExitCodes.Ok, await RunAsync("status", "--json"));
        await _stop.CancelAsync();

        Assert.Equal(ExitCodes.Ok, await running);
        var events = Events().Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var ready = events.Single(line => line.TryGetProperty("event", out var name) && name.GetString() == "ready");
        Assert.Equal((1, 3), (ready.GetProperty("files").GetInt32(), ready.GetProperty("bytes").GetInt32()));
        Assert.Contains(events, line => line.TryGetProperty("session", out var session) && session.GetProperty("state").GetString() == "offline");
    }

    [Fact]
    public async Task Logout_RunningDaemon_EndsShareWithZero()
    {
        var running = RunAsync("share", _temporary.File("share"), "--port", "0", "--json");
        await Wait.UntilAsync(() => Events().Any(line => line.Contains("\"ready\"", StringComparison.Ordinal)));

        Assert.Equal(ExitCodes.Ok, await RunAsync("logout"));

        Assert.Equal(ExitCodes.Ok, await running);
        Assert.Equal(ExitCodes.NotFound, await RunAsync("status"));
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "--bind", "nonsense")]
    [InlineData(ExitCodes.Usage, "--accept", "from:")]
    [InlineData(ExitCodes.Usage, "--accept", "from:ana", "--accept", "any")]
    [InlineData(ExitCodes.Usage, "--accept", "any", "--limit-in", "slow")]
    [InlineData(ExitCodes.Usage, "--limit-in", "1M")]
    [InlineData(ExitCodes.Usage, "--inbox", "/tmp")]
    [InlineData(ExitCodes.Usage, "--port", "70000")]
    [InlineData(ExitCodes.Usage, "--accept", "any", "--inbox-quota", "much")]
    public async Task Share_WrongOption_SaysWhatItMustBe(int expected, params string[] options)
    {
        Assert.Equal(expected, await RunAsync(["share", _temporary.File("share"), .. options]));
        Assert.NotEmpty(_errors.ToString());
    }

    [Fact]
    public async Task Share_NoSuchFolder_IsNotFound() =>
        Assert.Equal(ExitCodes.NotFound, await RunAsync("share", _temporary.File("nothing")));

    string[] Events() => _output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    Task<int> RunAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = _temporary.Path };
        var host = new CommandHost(environment, TextReader.Null, _output, _errors, Interactive: false, TimeProvider.System);
        string[] all = [.. arguments, "--data", _temporary.File("data"), "--directory", "http://127.0.0.1:9"];
        return PeerProgram.RunAsync(all, host, _stop.Token);
    }

    // Several commands write at once, and the test reads meanwhile.
    sealed class SharedWriter : StringWriter
    {
        readonly Lock _lock = new();

        public string Text
        {
            get
            {
                lock (_lock)
                {
                    return ToString();
                }
            }
        }

        public override void WriteLine(string? value)
        {
            lock (_lock)
            {
                base.Write(value + "\n");
            }
        }
    }
}
