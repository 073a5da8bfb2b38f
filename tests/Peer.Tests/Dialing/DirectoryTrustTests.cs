using System.Net.Security;
using P2P.Content;
using P2P.Peers.Tests.CommandLine;
using P2P.Peers.Tests.Lying;
using TemporaryFolder = P2P.Toolbox.TemporaryFolder;

namespace P2P.Peers.Tests.Dialing;

/// <summary>TRUST.md §2, Wire, towards the directory: known by its key, and by no other.</summary>
public sealed class DirectoryTrustTests : IAsyncLifetime
{
    readonly FakeDirectory _calls = new() { MembersOnly = true };
    readonly Identities _identities = new();
    readonly TemporaryFolder _folder = new();
    readonly List<ServiceHost> _hosts = [];
    string _print = "";

    string Known => _folder.File("config/p2p/known-directories");

    public async ValueTask InitializeAsync()
    {
        var identity = _identities["directory"];
        _print = identity.Print;
        await StartAsync(PinnedTls.Server(identity.TlsContext));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        _identities.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Peers_FirstContact_RemembersTheKeyAndSaysSo()
    {
        var first = await PeersAsync();
        var second = await PeersAsync();

        Assert.Equal((ExitCodes.Ok, ExitCodes.Ok), (first.Code, second.Code));
        Assert.Contains(_print, first.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_print, second.Error, StringComparison.Ordinal);
        Assert.Equal($"127.0.0.1:{_hosts[0].Port} {_print}", Assert.Single(await File.ReadAllLinesAsync(Known, TestContext.Current.CancellationToken)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Known));
        }
    }

    [Theory]
    [InlineData("other")]
    [InlineData("authority")]
    public async Task Peers_KeyHasChanged_IsRefusedAndSaysWhatToDo(string kind)
    {
        var before = kind == "other" ? _identities["other"].Print : kind;
        Remember($"# met last year\n127.0.0.1:{_hosts[0].Port} {before}\n127.0.0.1:{_hosts[0].Port} {_print}\n");

        var run = await PeersAsync();

        Assert.Equal((ExitCodes.Untrusted, 0), (run.Code, _calls.Logins));
        Assert.All([_print, Known, "--directory-print"], told => Assert.Contains(told, run.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Share_KeyHasChanged_IsRefused()
    {
        Remember($"127.0.0.1:{_hosts[0].Port} {_identities["other"].Print}\n");
        Directory.CreateDirectory(_folder.File("share"));

        var run = await RunAsync("share --port 0", _folder.File("share"));

        Assert.Equal((ExitCodes.Untrusted, 0), (run.Code, _calls.Logins));
    }

    [Theory]
    [InlineData(true, ExitCodes.Ok)]
    [InlineData(false, ExitCodes.Untrusted)]
    public async Task Peers_NamedPrint_GoesBeforeWhatIsKnown(bool right, int expected)
    {
        var other = _identities["other"].Print;
        Remember($"127.0.0.1:{_hosts[0].Port} {(right ? other : _print)}\n");

        var run = await RunAsync("peers --directory-print", right ? _print : other);

        Assert.Equal((expected, right ? 1 : 0), (run.Code, _calls.Logins));
    }

    [Fact]
    public async Task Peers_RightKeyInAnExpiredCertificate_IsRefused()
    {
        await StartAsync(Identities.Expired(_identities["directory"]));

        var met = await PeersAsync();
        var named = await RunAsync("peers --directory-print", _print);

        Assert.Equal((ExitCodes.Untrusted, ExitCodes.Untrusted, 0), (met.Code, named.Code, _calls.Logins));
        Assert.False(File.Exists(Known));
    }

    [Fact]
    public async Task Peers_DamagedMemory_IsNotTakenForNone()
    {
        Remember("half a li");

        var run = await PeersAsync();

        Assert.Equal((ExitCodes.Disk, 0), (run.Code, _calls.Logins));
        Assert.Contains("Line 1", run.Error, StringComparison.Ordinal);
    }

    void Remember(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Known)!);
        File.WriteAllText(Known, text);
    }

    async Task StartAsync(SslServerAuthenticationOptions tls) => _hosts.Add(await ServiceHost.StartAsync(_calls, tls));

    Task<Run> PeersAsync() => RunAsync("peers");

    Task<Run> RunAsync(string command, params string[] more)
    {
        Dictionary<string, string> environment = new()
        {
            ["XDG_CONFIG_HOME"] = _folder.File("config"),
            ["P2P_DATA"] = _folder.File("data"),
            ["P2P_DIRECTORY"] = _hosts[^1].Url,
            ["P2P_USER"] = "ana",
            ["P2P_PASSWORD"] = "per1234",
        };
        return Run.InAsync(environment, "", command, more);
    }
}
