using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;

namespace P2P.Server.Tests.Calls;

public sealed class SessionTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Login_Documented_ListsThePeerUntilItLogsOut()
    {
        await using var directory = await TestDirectory.StartAsync();
        // Nobody listens there, and nobody else can.
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)bound.LocalEndPoint!).Port;
        var login = await directory.LoginAsync("peer1", port, "file1.txt, file2.txt,,file1.txt");
        Assert.Equal((2, 43, false, false), (login.FilesAccepted, login.Token.Length, login.Verified, login.Reachable));
        Assert.InRange(login.RenewAfterSeconds, 1, login.LeaseSeconds - 1);
        Assert.Equal(["file1.txt"], await directory.SearchAsync("file1.txt"));

        var index = await directory.Client.IndexAsync(new IndexRequest { Ip = "127.0.0.1", Url = $"http://localhost:{port}/" }, cancellationToken: None);
        var peer = Assert.Single(index.Peers);
        Assert.Equal(["file1.txt", "file2.txt"], peer.Files.Select(file => file.Path));
        Assert.Equal($"http://127.0.0.1:{port}", peer.Peer.Url);

        await directory.Client.LogoutAsync(new LogoutRequest { Ip = "127.0.0.1", Url = $"http://127.0.0.1:{port}" }, cancellationToken: None);
        Assert.Empty(await directory.SearchAsync("file1.txt"));
        var gone = await TestDirectory.FailureAsync(directory.Client.IndexAsync(new IndexRequest { Ip = "127.0.0.1", Url = $"http://localhost:{port}" }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_PEER"), (gone.Code, gone.Reason));
        var told = await TestDirectory.FailureAsync(directory.Client.HeartbeatAsync(new(), TestDirectory.With(login.Token)));
        Assert.Equal((StatusCode.Unauthenticated, "LOGGED_OUT"), (told.Code, told.Reason));
    }

    [Fact]
    public async Task Login_MoreSessionsThanTheQuota_AreRefusedUntilOneEnds()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Leases.SessionsPerAccount = 2);
        var first = await directory.LoginAsync("ana", 5001);
        await directory.LoginAsync("ana", 5002);
        await directory.LoginAsync("bea", 5003);
        await directory.LoginAsync("ana", 5002);

        var request = new LoginRequest { User = "ana", Password = "per1234", Reader = true };
        var refused = await TestDirectory.FailureAsync(directory.Client.LoginAsync(request, TestDirectory.Anonymous));
        await directory.Client.LogoutAsync(new LogoutRequest { Ip = "127.0.0.1", Url = first.Peer.Url }, cancellationToken: None);

        Assert.Equal((StatusCode.ResourceExhausted, "QUOTA"), (refused.Code, refused.Reason));
        Assert.NotEmpty((await directory.Client.LoginAsync(request, TestDirectory.Anonymous)).Token);
    }

    [Fact]
    public async Task Login_ManyFaults_AreToldAtOnce()
    {
        await using var directory = await TestDirectory.StartAsync();
        var request = new LoginRequest { Ip = "host.example", Url = "ftp://x", Port = 0, Archivos = "a,../b", Addresses = { "name:1" } };
        request.Files.Add([new() { Path = "x//y" }, new() { Path = "a", Root = new string('0', 64) }, new() { Path = "a" }]);
        var failure = await TestDirectory.FailureAsync(directory.Client.LoginAsync(request, TestDirectory.Anonymous));
        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.Equal(
            "addresses[0] archivos files[0].path files[1].size files[2].path ip password port url user user", TestDirectory.Fields(failure.Status));
    }

    [Theory]
    [InlineData("http://localhost:5002", 5001, "port")]
    [InlineData("http://localhost", null, "port")]
    [InlineData("http://localhost:80", null, "port")]
    public async Task Login_PortsThatDoNotFit_AreAViolation(string url, int? port, string field)
    {
        await using var directory = await TestDirectory.StartAsync();
        var request = new LoginRequest { User = "u", Password = "p", Url = url };
        if (port is not null)
        {
            request.Port = port.Value;
        }

        Assert.Equal(field, TestDirectory.Fields((await TestDirectory.FailureAsync(directory.Client.LoginAsync(request, TestDirectory.Anonymous))).Status));
    }

    [Fact]
    public async Task Login_AddressOfAnotherMachine_IsAViolation()
    {
        await using var directory = await TestDirectory.StartAsync();
        var failure = await TestDirectory.FailureAsync(
            directory.Client.LoginAsync(new LoginRequest { User = "u", Password = "p", Ip = "10.1.2.3", Port = 5001 }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.InvalidArgument, "ip"), (failure.Code, TestDirectory.Fields(failure.Status)));
    }

    [Fact]
    public async Task Login_WrongPassword_IsNotToldFromWhichPart()
    {
        await using var directory = await TestDirectory.StartAsync();
        await directory.LoginAsync("peer1", 5001);
        var wrong = await TestDirectory.FailureAsync(directory.Client.LoginAsync(
            new LoginRequest { User = "peer1", Password = "other", Port = 5001 }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.Unauthenticated, "BAD_CREDENTIALS"), (wrong.Code, wrong.Reason));
    }

    [Fact]
    public async Task Login_SamePlaceAgain_ReplacesTheSessionAndKeepsThePeerId()
    {
        await using var directory = await TestDirectory.StartAsync();
        var first = await directory.LoginAsync("peer1", 5001, "old");
        var second = await directory.LoginAsync("peer1", 5001, "new");
        Assert.Equal(first.PeerId, second.PeerId);
        Assert.Empty(await directory.SearchAsync("old"));
        Assert.Equal(["new"], await directory.SearchAsync("new"));
        var told = await TestDirectory.FailureAsync(directory.Client.HeartbeatAsync(new(), TestDirectory.With(first.Token)));
        Assert.Equal((StatusCode.Unauthenticated, "REPLACED"), (told.Code, told.Reason));

        var taken = await TestDirectory.FailureAsync(directory.Client.LoginAsync(
            new LoginRequest { User = "other", Password = "x", Ip = "127.0.0.1", Port = 5001 }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.AlreadyExists, "PEER_TAKEN"), (taken.Code, taken.Reason));
    }

    [Fact]
    public async Task Login_WithProof_IsTheKeysPeerAndNeedsNoPasswordAgain()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new LoginRequest { User = "ana", Password = "per1234", Port = 5001, Proof = await ProveAsync(directory, key, "ana") };
        var login = await directory.Client.LoginAsync(request, cancellationToken: None);
        Assert.True(login.Verified);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo())), login.PeerId);

        var replayed = await TestDirectory.FailureAsync(directory.Client.LoginAsync(request, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.Unauthenticated, "BAD_CREDENTIALS"), (replayed.Code, replayed.Reason));

        var again = new LoginRequest { User = "ana", Port = 5002, Proof = await ProveAsync(directory, key, "ana") };
        Assert.Equal(login.PeerId, (await directory.Client.LoginAsync(again, cancellationToken: None)).PeerId);
        Assert.Equal(5002, Assert.Single(directory.Service<Server.Catalogs.CatalogIndex>().Peers).Identity.Address.Port);

        var foreign = new LoginRequest { User = "bob", Password = "per1234", Port = 5003, Proof = await ProveAsync(directory, key, "ana") };
        var refused = await TestDirectory.FailureAsync(directory.Client.LoginAsync(foreign, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.Unauthenticated, "BAD_CREDENTIALS"), (refused.Code, refused.Reason));
        foreign.Proof = await ProveAsync(directory, key, "bob");
        Assert.Equal("PEER_TAKEN", (await TestDirectory.FailureAsync(directory.Client.LoginAsync(foreign, TestDirectory.Anonymous))).Reason);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lease_NotRenewed_EndsAndTheTokenIsUnknown()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var directory = await TestDirectory.StartAsync(time: time);
        var (kept, lost) = (await directory.LoginAsync("a", 5001, "kept"), await directory.LoginAsync("b", 5002, "lost"));
        var book = directory.Service<SessionState>().Leases;
        var beat = await directory.Client.HeartbeatAsync(new() { UploadSlotsFree = 3 }, TestDirectory.With(lost.Token));
        Assert.True(beat.LeaseSeconds < lost.LeaseSeconds);

        time.Advance(TimeSpan.FromSeconds(beat.LeaseSeconds - 1));
        Assert.Empty(book.TakeExpired());
        time.Advance(TimeSpan.FromSeconds(3));
        while (directory.Service<SessionTable>().Count > 1)
        {
            None.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(["kept"], await directory.SearchAsync("*"));
        var told = await TestDirectory.FailureAsync(directory.Client.HeartbeatAsync(new(), TestDirectory.With(lost.Token)));
        Assert.Equal((StatusCode.Unauthenticated, "SESSION_UNKNOWN"), (told.Code, told.Reason));
        await directory.Client.HeartbeatAsync(new(), TestDirectory.With(kept.Token));
    }

    [Fact]
    public async Task Restart_OfTheDirectory_LeavesSessionsAndFilesWhereTheyWere()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-restart-");
        LoginResponse live, ended;
        await using (var first = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            live = await first.LoginAsync("a", 5001, "kept.txt");
            ended = await first.LoginAsync("b", 5002, "gone.txt");
            await first.Client.LogoutAsync(new(), TestDirectory.With(ended.Token));
        }

        await using (var second = await TestDirectory.StartAsync(folder: folder.FullName))
        {
            Assert.Equal(["kept.txt"], await second.SearchAsync("*.txt"));
            await second.Client.HeartbeatAsync(new(), TestDirectory.With(live.Token));
            var told = await TestDirectory.FailureAsync(second.Client.HeartbeatAsync(new(), TestDirectory.With(ended.Token)));
            Assert.Equal("LOGGED_OUT", told.Reason);
            Assert.Equal(live.PeerId, (await second.LoginAsync("a", 5001)).PeerId);
        }

        folder.Delete(recursive: true);
    }

    [Fact(Timeout = 60_000)]
    public async Task Sweep_AfterAMonth_ForgetsWhatEnded()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var directory = await TestDirectory.StartAsync(time: time);
        var gone = await directory.LoginAsync("a", 5001, "old");
        await directory.Client.LogoutAsync(new(), TestDirectory.With(gone.Token));
        var catalogs = directory.Service<Server.Catalogs.CatalogTable>();
        Assert.Equal(1, catalogs.Of(gone.PeerId).Files.FileCount);
        time.Advance(TimeSpan.FromDays(31));
        while (catalogs.Of(gone.PeerId).Files.FileCount > 0)
        {
            None.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var told = await TestDirectory.FailureAsync(directory.Client.HeartbeatAsync(new(), TestDirectory.With(gone.Token)));
        Assert.Equal("SESSION_UNKNOWN", told.Reason);
    }

    [Fact]
    public async Task Token_OfNoSession_IsRefusedWhereNoneIsNeeded()
    {
        await using var directory = await TestDirectory.StartAsync();
        var refused = await TestDirectory.FailureAsync(directory.Client.SearchAsync(new() { Archivo = "a" }, TestDirectory.With("nonsense")));
        Assert.Equal((StatusCode.Unauthenticated, "SESSION_UNKNOWN"), (refused.Code, refused.Reason));
        var needed = await TestDirectory.FailureAsync(directory.Client.StatsAsync(new(), TestDirectory.Anonymous));
        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_REQUIRED"), (needed.Code, needed.Reason));
        await directory.LoginAsync("a", 5001);
    }

    [Fact]
    public async Task Logout_OfAnothersSession_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync();
        await directory.LoginAsync("a", 5001);
        var other = await directory.LoginAsync("b", 5002);
        var request = new LogoutRequest { Ip = "127.0.0.1", Url = "http://localhost:5001" };
        var refused = await TestDirectory.FailureAsync(directory.Client.LogoutAsync(request, TestDirectory.With(other.Token)));
        Assert.Equal((StatusCode.PermissionDenied, "NOT_YOURS"), (refused.Code, refused.Reason));
        var half = await TestDirectory.FailureAsync(directory.Client.LogoutAsync(new LogoutRequest { Ip = "127.0.0.1" }, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.InvalidArgument, "url"), (half.Code, TestDirectory.Fields(half.Status)));
    }

    [Fact]
    public async Task Login_Reader_IsNoPeer()
    {
        await using var directory = await TestDirectory.StartAsync();
        var reader = await directory.Client.LoginAsync(new LoginRequest { User = "r", Password = "p", Reader = true }, cancellationToken: None);
        Assert.Equal(("", null), (reader.PeerId, reader.Peer));
        var stats = await directory.Client.StatsAsync(new(), TestDirectory.With(reader.Token));
        Assert.Equal((0, 1, 1, "sqlite", "open"), (stats.Peers, stats.Sessions, stats.Accounts, stats.Store, stats.Access));
    }

    [Fact]
    public async Task Login_ManyAtOnce_FewAreToldToComeBack()
    {
        await using var directory = await TestDirectory.StartAsync();
        var logins = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            try
            {
                await directory.LoginAsync($"user{i}", 6000 + i);
                return "";
            }
            catch (RpcException refused)
            {
                return TestDirectory.Failure(refused).Reason;
            }
        }));
        Assert.Subset(new HashSet<string> { "", "LOGIN_BUSY" }, logins.ToHashSet());
        Assert.Contains("", logins);
    }

    static Task<KeyProof> ProveAsync(TestDirectory directory, ECDsa key, string user) => TestKey.ProveAsync(directory, key, user);
}
