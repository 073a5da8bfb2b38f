using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;
using P2P.Server.Tests.Relay;

namespace P2P.Server.Tests.Dialing;

/// <summary>What calls make of dial-backs, with real sockets. Rows "Internal network" and "Third parties" of the threat model.</summary>
public sealed class DialBackCallTests
{
    /// <summary>Logins of peers on this machine; each waits for a disk. The figure asked for is 10,000.</summary>
    static readonly int Local = int.Parse(Environment.GetEnvironmentVariable("P2P_LOGINS") ?? "2400", null);

    /// <summary>Bytes of a TLS greeting: less than those of the Login that causes it, whose proof and headers are longer.</summary>
    const int MostGreeting = 600;

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Login_PeerThatListens_IsReachableAndWasSentNothing()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var peer = new CountingListener();
        var login = await directory.LoginAsync("ana", peer.Port, "a.txt");
        Assert.True(login.Reachable && login.Peer.Reachable);
        Assert.True((await directory.Client.HeartbeatAsync(new(), TestDirectory.With(login.Token))).Reachable);
        Assert.True(Assert.Single((await directory.Client.IndexAsync(new(), TestDirectory.Anonymous)).Peers).Peer.Reachable);
        Assert.Equal((1, 0), await peer.CountAsync());
    }

    [Fact]
    public async Task Descargar_DeclaredPeerThatListensAfterItsLogin_GivesItsBytes()
    {
        await using var directory = await TestDirectory.StartAsync();
        var port = FreePort();
        var login = await directory.LoginAsync("peer1", port, "file1.txt");
        Assert.False(login.Reachable);
        Assert.Equal("NO_LIVE_SOURCE", await DescargarAsync(directory, new() { Archivo = "file1.txt" }));
        var data = SourceDouble.Bytes(100_000);
        await using var source = await SourceDouble.StartAsync(data, port: port);
        Assert.Equal("100000", await DescargarAsync(directory, new() { Archivo = "file1.txt" }));
        Assert.True((await directory.Client.HeartbeatAsync(new(), TestDirectory.With(login.Token))).Reachable);
    }

    [Fact]
    public async Task Locate_DeclaredPeerThatListensAfterItsLogin_FindsItReachable()
    {
        await using var directory = await TestDirectory.StartAsync();
        var port = FreePort();
        var file = new FileEntry { Path = "l/a", Root = new string('a', 64), Size = 5 };
        var request = new LoginRequest { User = "ana", Password = "per1234", Port = port, Files = { file } };
        Assert.False((await directory.Client.LoginAsync(request, TestDirectory.Anonymous)).Reachable);
        await using var peer = new CountingListener(port: port);
        var found = await directory.Client.LocateAsync(new LocateRequest { Root = file.Root }, TestDirectory.Anonymous);
        Assert.True(Assert.Single(found.Sources).Source.Reachable);
    }

    [Fact]
    public async Task Heartbeat_ProvenPeerThatDidNotAnswer_IsDialledAgainAfterAMinute()
    {
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time);
        using var key = new TestKey();
        var port = FreePort();
        var login = await key.LoginAsync(directory, "ana", port);
        await using var peer = new CountingListener(port: port);
        Assert.False(await BeatAsync());
        Assert.Equal((0, 0), await peer.CountAsync());
        time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromSeconds(2));
        await BeatAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        while (!await BeatAsync())
        {
            None.ThrowIfCancellationRequested();
        }

        Assert.Equal((1, 0), await peer.CountAsync());

        async Task<bool> BeatAsync() => (await directory.Client.HeartbeatAsync(new(), TestDirectory.With(login.Token))).Reachable;
    }

    [Fact]
    public async Task Login_ProvenPeersThatNameOneAddress_BothLiveAndTheFirstIsReachable()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var listener = new CountingListener();
        using var first = new TestKey();
        using var second = new TestKey();
        using var third = new TestKey();
        var there = await first.LoginAsync(directory, "ana", listener.Port);
        var behind = await second.LoginAsync(directory, "ana", listener.Port);
        var others = await third.LoginAsync(directory, "bob", listener.Port);
        Assert.Equal((true, false, false), (there.Reachable, behind.Reachable, others.Reachable));
        await directory.Client.HeartbeatAsync(new(), TestDirectory.With(there.Token));
        await directory.Client.HeartbeatAsync(new(), TestDirectory.With(behind.Token));
    }

    /// <summary>Only the key that a peer proved at Login makes it reachable, and nothing but the handshake goes over the connection.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Login_PeerOnTls_IsReachableByItsOwnKeyOnly(bool isItsOwn)
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.DialBack.TimeoutMilliseconds = 60_000);
        using var door = new TicketDoor();
        using var other = new TestKey();
        await using var source = await SourceDouble.StartAsync(SourceDouble.Bytes(1), door: door);
        var request = new LoginRequest { User = "ana", Password = "per12345", Url = $"https://127.0.0.1:{source.Port}" };
        request.Proof = isItsOwn ? await TestKey.ProveAsync(directory, door.Identity.Key, "ana") : await other.ProveAsync(directory, "ana");
        var login = await directory.Client.LoginAsync(request, TestDirectory.Anonymous);
        Assert.Equal((isItsOwn, isItsOwn), (login.Reachable, login.Peer.Reachable));
        Assert.Equal((1, 0), (door.Arrived, door.Spoken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Login_PeerOnTlsWhereNoTlsAnswers_IsNotReachable(bool answersSomething)
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.DialBack.TimeoutMilliseconds = answersSomething ? 60_000 : 50);
        using var key = new TestKey();
        await using var listener = new CountingListener(answer: answersSomething ? "SSH-2.0-OpenSSH_9.2\r\n" : "");
        var login = await LoginOverTlsAsync(directory, key, "ana", listener.Port);
        Assert.False(login.Reachable);
        var (connections, bytes) = await listener.CountAsync();
        Assert.Equal(1, connections);
        Assert.InRange(bytes, 1, MostGreeting);
    }

    /// <summary>The same row for peers that name the victim over TLS, each with a key of its own: what is sent is a greeting.</summary>
    [Fact]
    public async Task Login_ManyKeysNamingOneVictim_GreetNoMoreThanTheCap()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var directory = await TestDirectory.StartAsync(time: time, configure: options =>
            (options.Passwords.Rounds, options.Passwords.Waiting, options.DialBack.TimeoutMilliseconds) = (1, 1000, 50));
        await using var victim = new CountingListener(answer: "220 ready\r\n");
        await Parallel.ForEachAsync(Enumerable.Range(0, Local), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            using var key = new TestKey();
            Assert.False((await LoginOverTlsAsync(directory, key, $"user{i % 50}", victim.Port)).Reachable);
        });
        var (connections, bytes) = await victim.CountAsync();
        Assert.Equal(3, connections);
        Assert.InRange(bytes, 3, 3 * MostGreeting);
        TestContext.Current.TestOutputHelper!.WriteLine($"{Local} logins, {connections} connections, {bytes} bytes");
    }

    /// <summary>Row "Third parties; U; registering a victim".</summary>
    [Fact]
    public async Task Login_TenThousandNamingOneVictim_DialsNoMoreThanTheCap()
    {
        var time = new FakeTimeProvider();
        await using var directory = await TestDirectory.StartAsync(time: time, configure: options => (options.Passwords.Rounds, options.Passwords.Waiting) = (1, 1000));
        await using var victim = new CountingListener();
        for (var (minute, logins) = (1, 10_000); minute <= 2; minute++, logins = 300)
        {
            var answers = new HashSet<string>();
            await Parallel.ForEachAsync(Enumerable.Range(0, logins), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
            {
                var answer = await LoginAsync(directory, $"user{i % 50}", victim.Port);
                lock (answers)
                {
                    answers.Add(answer);
                }
            });
            Assert.Equal(["", "PEER_TAKEN"], answers.Order(StringComparer.Ordinal));
            Assert.Equal((3 * minute, 0), await victim.CountAsync());
            time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>Row "Internal network; U; SSRF via Login address, Descargar": a directory that others reach dials nothing on its own machine.</summary>
    [Fact]
    public async Task LoginAndDescargar_ManyNamingThisMachine_ConnectToNothing()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Passwords.Rounds = 1, loopbackOnly: false);
        (string Address, string[] Names)[] machine =
        [
            ("127.0.0.1", ["127.0.0.1", "localhost", "::ffff:127.0.0.1"]), ("127.0.0.2", ["127.0.0.2", "::ffff:127.0.0.2"]), ("::1", ["::1", "0:0:0:0:0:0:0:1"]),
        ];
        var targets = Enumerable.Range(0, 12)
            .Select(i => (Listener: new CountingListener(IPAddress.Parse(machine[i % 3].Address)), machine[i % 3].Names)).ToList();
        // One after the other to each, for sessions at one address take each other's place.
        await Parallel.ForEachAsync(targets, new ParallelOptions { MaxDegreeOfParallelism = targets.Count }, async (target, _) =>
        {
            for (var i = 0; i < Local / targets.Count; i++)
            {
                var ip = target.Names[i % target.Names.Length];
                var login = await LoginAsync(directory, "ana", target.Listener.Port, ip);
                var given = await DescargarAsync(directory, new() { Archivo = "a.txt", Ip = ip, Url = $"http://host:{target.Listener.Port}" });
                Assert.Equal(("", "NO_LIVE_SOURCE"), (login, given));
            }
        });
        foreach (var (listener, _) in targets)
        {
            Assert.Equal((0, 0), await listener.CountAsync());
            await listener.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("10.1.2.3", 5001, "")]
    [InlineData("fd00::7", 5001, "")]
    [InlineData("10.1.2.3", 80, "port")]
    [InlineData("10.2.2.3", 5001, "ip")]
    [InlineData("169.254.169.254", 5001, "ip")]
    [InlineData("224.0.0.1", 5001, "ip")]
    [InlineData("0.0.0.0", 5001, "ip")]
    public async Task Login_AddressOfAnotherMachine_OnlyWhereTheOperatorAllowsIt(string ip, int port, string violation)
    {
        await using var directory = await TestDirectory.StartAsync(
            configure: options => options.DialBack.TimeoutMilliseconds = 50,
            foreign: ["10.1.0.0/16", "fd00::/8", "169.254.0.0/16", "224.0.0.0/4", "0.0.0.0/32"]);
        var request = new LoginRequest { User = "ana", Password = "per1234", Ip = ip, Port = port };
        if (violation.Length == 0)
        {
            Assert.Equal(ip, (await directory.Client.LoginAsync(request, TestDirectory.Anonymous)).Peer.Ip);
            return;
        }

        var refused = await TestDirectory.FailureAsync(directory.Client.LoginAsync(request, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.InvalidArgument, violation), (refused.Code, TestDirectory.Fields(refused.Status)));
    }

    static async Task<LoginResponse> LoginOverTlsAsync(TestDirectory directory, TestKey key, string user, int port) => await directory.Client.LoginAsync(
        new LoginRequest { User = user, Password = "per12345", Url = $"https://127.0.0.1:{port}", Proof = await key.ProveAsync(directory, user) },
        TestDirectory.Anonymous);

    static async Task<string> LoginAsync(TestDirectory directory, string user, int port, string ip = "127.0.0.1")
    {
        try
        {
            var request = new LoginRequest { User = user, Password = "per1234", Ip = ip, Url = "http://host", Port = port, Archivos = "a.txt" };
            await directory.Client.LoginAsync(request, TestDirectory.Anonymous);
            return "";
        }
        catch (RpcException refused)
        {
            return TestDirectory.Failure(refused).Reason;
        }
    }

    /// <summary>How many bytes came, or why not.</summary>
    static async Task<string> DescargarAsync(TestDirectory directory, DescargarRequest request)
    {
        using var call = directory.Client.Descargar(request, TestDirectory.Anonymous);
        try
        {
            var count = 0;
            await foreach (var body in call.ResponseStream.ReadAllAsync(None))
            {
                count += body.Data.Length;
            }

            return count.ToString(null, null);
        }
        catch (RpcException refused)
        {
            return TestDirectory.Failure(refused).Reason;
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
