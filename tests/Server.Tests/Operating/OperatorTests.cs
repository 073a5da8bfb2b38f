using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Operating;
using P2P.Server.Store;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Operating;

public sealed class OperatorTests
{
    static readonly string Root = string.Concat(Enumerable.Repeat("5e", 32));

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UpdateAccount_Disabled_EndsItsSessionsAndLetsItInNoMoreUntilEnabled()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = await BossAsync(directory);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        using var key = new TestKey();
        var ana = await key.LoginAsync(directory, "ana", 5001);

        await directory.Operator.UpdateAccountAsync(new() { User = "ana", Disabled = true }, boss);

        Assert.Equal("SESSION_UNKNOWN", await ReasonAsync(directory.Client.HeartbeatAsync(new(), TestDirectory.With(ana.Token))));
        Assert.Equal("BAD_CREDENTIALS", await ReasonAsync(() => key.LoginAsync(directory, "ana", 5001)));
        Assert.Empty((await directory.Client.IndexAsync(new(), boss)).Peers);
        await directory.Operator.UpdateAccountAsync(new() { User = "ana", Disabled = false }, boss);
        Assert.Equal("", await ReasonAsync(() => key.LoginAsync(directory, "ana", 5001)));
    }

    [Fact]
    public async Task UpdateAccount_ToReader_EndsWhatItSharesAndKeepsItsReaders()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = await BossAsync(directory);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        using var peer = new TestKey();
        using var reader = new TestKey();
        var (sharing, reading) = (await peer.LoginAsync(directory, "ana", 5001), await reader.LoginAsync(directory, "ana"));

        var after = await directory.Operator.UpdateAccountAsync(new() { User = "ana", Role = Role.Reader, Groups = new() { Groups = { "lab", "lab" } } }, boss);

        Assert.Equal((Role.Reader, "lab", 1), (after.Account.Role, Assert.Single(after.Account.Groups), after.Account.Sessions));
        Assert.Equal("SESSION_UNKNOWN", await ReasonAsync(directory.Client.HeartbeatAsync(new(), TestDirectory.With(sharing.Token))));
        Assert.Equal("", await ReasonAsync(directory.Client.SearchAsync(new() { Archivo = "a" }, TestDirectory.With(reading.Token))));
        Assert.Equal("ROLE_REQUIRED", await ReasonAsync(() => peer.LoginAsync(directory, "ana", 5001)));
        using var publish = directory.Client.Publish(TestDirectory.With(reading.Token));
        Assert.Equal("ROLE_REQUIRED", await ReasonAsync(() => publish.ResponseAsync));
        Assert.Equal("NO_SUCH_ACCOUNT", await ReasonAsync(directory.Operator.UpdateAccountAsync(new() { User = "nobody" }, boss)));
        var violation = await TestDirectory.FailureAsync(directory.Operator.UpdateAccountAsync(new() { User = "ana", Role = Role.Unspecified }, boss));
        Assert.Equal("role", TestDirectory.Fields(violation.Status));
    }

    [Fact]
    public async Task ResetPassword_ForgetsPasswordAndKeys_AndEarlierCodes()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = await BossAsync(directory);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        using var key = new TestKey();
        var ana = await key.LoginAsync(directory, "ana");

        var first = await directory.Operator.ResetPasswordAsync(new() { User = "ana" }, boss);
        var second = await directory.Operator.ResetPasswordAsync(new() { User = "ana" }, boss);

        Assert.Equal("SESSION_UNKNOWN", await ReasonAsync(directory.Client.StatsAsync(new(), TestDirectory.With(ana.Token))));
        Assert.Equal("BAD_CREDENTIALS", await ReasonAsync(directory.Client.LoginAsync(Reader("ana", "per12345"), TestDirectory.Anonymous)));
        var byKey = new LoginRequest { User = "ana", Reader = true, Proof = await key.ProveAsync(directory, "ana") };
        Assert.Equal("BAD_CREDENTIALS", await ReasonAsync(directory.Client.LoginAsync(byKey, TestDirectory.Anonymous)));
        Assert.Equal("BAD_INVITATION", await ReasonAsync(directory.Client.LoginAsync(Reader("ana", "new12345", first.Invitation), TestDirectory.Anonymous)));
        Assert.Equal("", await ReasonAsync(directory.Client.LoginAsync(Reader("ana", "new12345", second.Invitation), TestDirectory.Anonymous)));
        Assert.Equal("", await ReasonAsync(directory.Client.LoginAsync(Reader("ana", "new12345"), TestDirectory.Anonymous)));
    }

    [Fact]
    public async Task EvictPeer_EndsItsSession_AndItMayComeAgain()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = await BossAsync(directory);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        using var key = new TestKey();
        var ana = await key.LoginAsync(directory, "ana", 5001);

        await directory.Operator.EvictPeerAsync(new() { PeerId = ana.PeerId }, boss);

        Assert.Equal("SESSION_UNKNOWN", await ReasonAsync(directory.Client.HeartbeatAsync(new(), TestDirectory.With(ana.Token))));
        Assert.Equal("NO_SUCH_PEER", await ReasonAsync(directory.Operator.EvictPeerAsync(new() { PeerId = ana.PeerId }, boss)));
        await key.LoginAsync(directory, "ana", 5001);
    }

    [Fact]
    public async Task BanPeer_Key_EndsAllItsSessionsAndStaysOutOverARestartUntilLifted()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-bans-");
        using var key = new TestKey();
        using var bossKey = new TestKey();
        await using (var first = await TestDirectory.StartAsync(AccessMode.Members, folder.FullName))
        {
            var boss = await BossAsync(first);
            await first.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
            var (sharing, reading) = (await key.LoginAsync(first, "ana", 5001), await key.LoginAsync(first, "ana"));

            await first.Operator.BanPeerAsync(new() { PeerId = key.Print, Reason = "poison" }, boss);

            Assert.Equal("SESSION_UNKNOWN", await ReasonAsync(first.Client.HeartbeatAsync(new(), TestDirectory.With(sharing.Token))));
            Assert.Equal("SESSION_UNKNOWN", await ReasonAsync(first.Client.StatsAsync(new(), TestDirectory.With(reading.Token))));
        }

        await using (var second = await TestDirectory.StartAsync(AccessMode.Members, folder.FullName))
        {
            var boss = TestDirectory.With((await bossKey.LoginAsync(second, "boss")).Token);
            foreach (var port in (int[])[0, 5001])
            {
                var refused = await Assert.ThrowsAsync<RpcException>(() => key.LoginAsync(second, "ana", port));
                Assert.Equal((StatusCode.PermissionDenied, "PEER_BANNED"), (refused.StatusCode, TestDirectory.Failure(refused).Reason));
            }

            var block = Assert.Single((await second.Operator.ListBlocksAsync(new(), boss)).Blocks);
            Assert.Equal((key.Print, "poison", "boss"), (block.PeerId, block.Reason, block.Operator));
            await second.Operator.BanPeerAsync(new() { PeerId = key.Print, Lift = true }, boss);
            Assert.Empty((await second.Operator.ListBlocksAsync(new(), boss)).Blocks);
            await key.LoginAsync(second, "ana", 5001);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task TakeDown_Root_IsHiddenFromEveryoneUntilLifted()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = await BossAsync(directory);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        using var key = new TestKey();
        var ana = TestDirectory.With((await key.LoginAsync(directory, "ana", 5001, new FileEntry { Path = "x/bad.bin", Root = Root, Size = 3 })).Token);

        await directory.Operator.TakeDownAsync(new() { Root = Root, Reason = "court" }, boss);
        foreach (var who in (CallOptions[])[ana, boss])
        {
            Assert.Empty((await directory.Client.SearchAsync(new() { Archivo = "bad" }, who)).Hits);
            Assert.Empty((await directory.Client.IndexAsync(new(), who)).Peers.Single().Files);
            Assert.Equal("NO_SUCH_CONTENT", await ReasonAsync(directory.Client.LocateAsync(new() { Root = Root }, who)));
            Assert.Equal("NO_SUCH_CONTENT", await ReasonAsync(
                directory.Client.RenewTicketAsync(new() { PeerId = key.Print, Root = Root, Length = 3 }, ana)));
        }

        await directory.Operator.TakeDownAsync(new() { Root = Root, Lift = true }, boss);
        Assert.Single((await directory.Client.SearchAsync(new() { Archivo = "bad" }, ana)).Hits);
    }

    [Fact]
    public async Task TakeDown_Root_IsNeitherFetchedNorSentNorShownWhenItIsPublishedAgain()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = await BossAsync(directory);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        using var key = new TestKey();
        var login = await key.LoginAsync(directory, "ana", 5001, new FileEntry { Path = "x/bad.bin", Root = Root, Size = 3 });
        var ana = TestDirectory.With(login.Token);
        using var line = await Lines.TestLine.OpenAsync(directory, login.Token);
        await directory.Operator.TakeDownAsync(new() { Root = Root }, boss);
        using var watch = directory.Client.Watch(new WatchRequest { Archivo = "*", Kinds = { WatchKind.FileAdded, WatchKind.QueryMatched } }, ana);
        await watch.ResponseHeadersAsync;

        // Published again, under another name, and then something harmless.
        foreach (var entry in (FileEntry[])[new() { Path = "y/renamed.bin", Root = Root, Size = 3 }, new() { Path = "y/good", Root = new string('7', 64), Size = 4 }])
        {
            using var publish = directory.Client.Publish(ana);
            await publish.RequestStream.WriteAsync(new PublishRequest { Upserts = { entry } }, None);
            await publish.RequestStream.CompleteAsync();
            await publish;
        }

        Assert.True(await watch.ResponseStream.MoveNext(None));
        Assert.Equal("y/good", watch.ResponseStream.Current.File.Path);
        Assert.Empty((await directory.Client.SearchAsync(new() { Archivo = "renamed" }, ana)).Hits);
        Assert.Equal("y/good", Assert.Single((await directory.Client.BrowseAsync(new() { PeerId = key.Print, Path = "y" }, ana)).Files).Path);
        foreach (var request in (DescargarRequest[])[new() { Archivo = "renamed.bin" }, new() { Archivo = "x/bad.bin" }, new() { Root = Root }, new() { Root = Root, Ip = "127.0.0.1", Url = "http://localhost:5001" }])
        {
            using var descargar = directory.Client.Descargar(request, ana);
            var refused = await Assert.ThrowsAsync<RpcException>(() => descargar.ResponseStream.MoveNext(None));
            Assert.Equal((StatusCode.NotFound, "NO_SUCH_CONTENT"), (refused.StatusCode, TestDirectory.Failure(refused).Reason));
        }

        directory.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", login.Token);
        Assert.Equal(HttpStatusCode.NotFound, (await directory.Http.GetAsync(new Uri("/v1/files/" + Root, UriKind.Relative), None)).StatusCode);
        using var fetch = directory.Client.Fetch(new FetchRequest { PeerId = key.Print, Root = Root }, ana);
        Assert.Equal("NO_SUCH_CONTENT", TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => fetch.ResponseStream.MoveNext(None))).Reason);
        foreach (var forUpload in (bool[])[false, true])
        {
            var renew = new RenewTicketRequest { PeerId = key.Print, Root = Root, Length = 3, ForUpload = forUpload };
            Assert.Equal("NO_SUCH_CONTENT", await ReasonAsync(directory.Client.RenewTicketAsync(renew, ana)));
        }
    }

    [Fact]
    public async Task Audit_EveryAct_LeavesALineThatOutlivesARestart()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("p2p-audit-");
        using var key = new TestKey();
        await using (var first = await TestDirectory.StartAsync(AccessMode.Members, folder.FullName))
        {
            var boss = await BossAsync(first);
            await first.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
            await first.Operator.CreateInvitationAsync(new(), boss);
            await first.Operator.UpdateAccountAsync(new() { User = "ana", Role = Role.Reader, Groups = new() { Groups = { "lab" } } }, boss);
            await first.Operator.ResetPasswordAsync(new() { User = "ana" }, boss);
            await first.Operator.BanPeerAsync(new() { PeerId = "p", Reason = "why" }, boss);
            await first.Operator.BanPeerAsync(new() { PeerId = "p", Lift = true }, boss);
            await first.Operator.TakeDownAsync(new() { Root = Root }, boss);
            await first.Operator.SetRegistrationAsync(new() { Enabled = true }, boss);
        }

        await using (var second = await TestDirectory.StartAsync(AccessMode.Members, folder.FullName))
        {
            var boss = TestDirectory.With((await key.LoginAsync(second, "boss")).Token);
            var events = new List<AuditEvent>();
            var token = "";
            do
            {
                var page = await second.Operator.ListAuditEventsAsync(new() { PageSize = 2, PageToken = token }, boss);
                events.AddRange(page.Events);
                token = page.NextPageToken;
            }
            while (token.Length > 0);

            Assert.Equal(
                [
                    "boss SetRegistration on ", $"boss TakeDown {Root} ", "boss BanPeer lift p ", "boss BanPeer p why", "boss ResetPassword ana ",
                    "boss UpdateAccount ana role Sharer to Reader; groups lab", "boss CreateInvitation Sharer ", "boss CreateAccount ana ",
                    " CreateInvitation Operator at start",
                ],
                events.Select(act => $"{act.Operator} {act.Action} {act.Target} {act.Reason}"));
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public void AuditLog_MoreThanIsKept_NamesTheOldestToForget()
    {
        var log = new AuditLog(TimeProvider.System);
        for (var i = 0; i < AuditLog.MostKept; i++)
        {
            log.Put(log.New("boss", "Act", $"{i}", ""));
        }

        var oldest = Assert.IsType<AuditForgotten>(Assert.Single(log.Overflow()));
        log.Forget(oldest.Id);

        Assert.Empty(log.Overflow());
        Assert.Equal("1", log.Page(null, AuditLog.MostKept)[^1].Target);
    }

    [Fact]
    public async Task Json_OperatorCalls_AreThoseOfGrpc()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var login = await directory.Client.LoginAsync(Reader("boss", "per12345", directory.OperatorCode), TestDirectory.Anonymous);
        directory.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", login.Token);

        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/v1/admin/accounts", new { user = "ana", password = "per12345" })).StatusCode);
        using var patch = new HttpRequestMessage(HttpMethod.Patch, "/v1/admin/accounts/ana") { Content = JsonContent.Create(new { role = "ROLE_READER", groups = new { groups = new[] { "lab" } } }) };
        using var updated = JsonDocument.Parse(await (await directory.Http.SendAsync(patch, None)).Content.ReadAsStringAsync(None));
        Assert.Equal("ROLE_READER", updated.RootElement.GetProperty("account").GetProperty("role").GetString());
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/v1/admin/accounts/ana:resetPassword", new { })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync($"/v1/admin/contents/{Root}:takeDown", new { reason = "r" })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/v1/admin/peers/p:ban", new { })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync("/v1/admin/peers/p:evict", new { })).StatusCode);
        using var audit = JsonDocument.Parse(await directory.Http.GetStringAsync(new Uri("/v1/admin/audit?pageSize=3", UriKind.Relative), None));
        Assert.Equal("BanPeer", audit.RootElement.GetProperty("events")[0].GetProperty("action").GetString());

        Task<HttpResponseMessage> PostAsync(string path, object body) => directory.Http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, None);
    }

    static LoginRequest Reader(string user, string password, string? invitation = null)
    {
        var request = new LoginRequest { User = user, Password = password, Reader = true };
        if (invitation is not null)
        {
            request.Invitation = invitation;
        }

        return request;
    }

    static async Task<CallOptions> BossAsync(TestDirectory directory) =>
        TestDirectory.With((await directory.Client.LoginAsync(Reader("boss", "per12345", directory.OperatorCode), TestDirectory.Anonymous)).Token);

    static Task<string> ReasonAsync<T>(AsyncUnaryCall<T> call) => ReasonAsync(() => call.ResponseAsync);

    static async Task<string> ReasonAsync<T>(Func<Task<T>> call)
    {
        try
        {
            await call();
            return "";
        }
        catch (RpcException refused)
        {
            return TestDirectory.Failure(refused).Reason;
        }
    }
}
