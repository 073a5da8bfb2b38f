using System.Net;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Tests.Lines;

namespace P2P.Server.Tests.Calls;

/// <summary>Every call with another account's ids, over gRPC and JSON: refused, and nothing has changed.</summary>
public sealed class TwoUserTests
{
    static readonly string Secret = string.Concat(Enumerable.Repeat("5e", 32));

    /// <summary>Calls that name nothing of another account, or that answer with less instead of refusing (GroupTests looks at those).</summary>
    static readonly string[] NamingNothing =
        ["Index", "Search", "Challenge", "Heartbeat", "Publish", "Keys", "Watch", "Stats", "ChangePassword", "Control"];

    /// <summary>$PEER, $ROOT and $MEETING stand for the victim's.</summary>
    static readonly Row[] Rows =
    [
        new("Login", "POST /login", """{"user":"victim","password":"guess","reader":true}""", "BAD_CREDENTIALS"),
        new("Login", "POST /login", """{"user":"mallory","password":"per12345","ip":"127.0.0.1","url":"http://localhost","port":5003}""", "PEER_TAKEN"),
        new("Logout", "POST /logout", """{"ip":"127.0.0.1","url":"http://localhost:5001"}""", "NOT_YOURS"),
        new("Logout", "POST /logout", """{"ip":"127.0.0.1","url":"http://localhost:5003"}""", "NOT_YOURS"),
        new("Descargar", "POST /descargar", """{"root":"$ROOT"}""", "NO_SUCH_CONTENT"),
        new("Descargar", "POST /descargar", """{"archivo":"lab/secret.txt"}""", "NO_SUCH_CONTENT"),
        new("Browse", "GET /v1/peers/$PEER/files?path=lab", """{"peerId":"$PEER","path":"lab"}""", "NO_SUCH_PATH"),
        new("Locate", "GET /v1/contents/$ROOT/sources", """{"root":"$ROOT"}""", "NO_SUCH_CONTENT"),
        new("RenewTicket", "POST /v1/tickets:renew", """{"peerId":"$PEER","root":"$ROOT","length":3}""", "NO_SUCH_CONTENT"),
        new("Fetch", "POST /v1/fetch", """{"peerId":"$PEER","root":"$ROOT"}""", "NOT_YOURS"),
        new("Relay", null, """{"open":{"id":"$MEETING"}}""", "NOT_YOURS"),
        new("CreateAccount", "POST /v1/admin/accounts", """{"user":"victim"}""", "ROLE_REQUIRED"),
        new("ListAccounts", "GET /v1/admin/accounts", "{}", "ROLE_REQUIRED"),
        new("UpdateAccount", "PATCH /v1/admin/accounts/victim", """{"user":"victim","disabled":true}""", "ROLE_REQUIRED"),
        new("ResetPassword", "POST /v1/admin/accounts/victim:resetPassword", """{"user":"victim"}""", "ROLE_REQUIRED"),
        new("CreateInvitation", "POST /v1/admin/invitations", "{}", "ROLE_REQUIRED"),
        new("EvictPeer", "POST /v1/admin/peers/$PEER:evict", """{"peerId":"$PEER"}""", "ROLE_REQUIRED"),
        new("BanPeer", "POST /v1/admin/peers/$PEER:ban", """{"peerId":"$PEER"}""", "ROLE_REQUIRED"),
        new("TakeDown", "POST /v1/admin/contents/$ROOT:takeDown", """{"root":"$ROOT"}""", "ROLE_REQUIRED"),
        new("ListBlocks", "GET /v1/admin/blocks", "{}", "ROLE_REQUIRED"),
        new("SetRegistration", "POST /v1/admin/registration", """{"enabled":true}""", "ROLE_REQUIRED"),
        new("ListAuditEvents", "GET /v1/admin/audit", "{}", "ROLE_REQUIRED"),
        new("CreateBackup", "POST /v1/admin/backups", "{}", "ROLE_REQUIRED"),
    ];

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public void Matrix_EveryCallOfTheContract_HasARowOrNamesNothing() => Assert.Equal(
        Methods.Keys.Order(StringComparer.Ordinal),
        Rows.Select(row => row.Call).Distinct().Concat(NamingNothing).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Call_WithAnotherAccountsIds_IsRefusedAndChangesNothing()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members, time: new FakeTimeProvider(), allowDeclared: true);
        var boss = await directory.Client.LoginAsync(
            new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = directory.OperatorCode }, TestDirectory.Anonymous);
        foreach (var (user, group) in ((string, string)[])[("victim", "lab"), ("mallory", "other")])
        {
            await directory.Operator.CreateAccountAsync(new() { User = user, Password = "per12345", Groups = { group } }, TestDirectory.With(boss.Token));
        }

        using var victimKey = new TestKey();
        using var malloryKey = new TestKey();
        var victim = await victimKey.LoginAsync(directory, "victim", 5001);
        await directory.Client.LoginAsync(
            new LoginRequest { User = "victim", Password = "per12345", Ip = "127.0.0.1", Url = "http://localhost", Port = 5003 }, TestDirectory.Anonymous);
        using (var publish = directory.Client.Publish(TestDirectory.With(victim.Token)))
        {
            await publish.RequestStream.WriteAsync(
                new PublishRequest
                {
                    CatalogId = "c",
                    Access = { new ShareAccess { Label = "lab", Groups = { "lab" } } },
                    Upserts = { new FileEntry { Path = "lab/secret.txt", Root = Secret, Size = 3 }, new FileEntry { Path = "pub/open.txt" } },
                },
                None);
            await publish.RequestStream.CompleteAsync();
            await publish;
        }

        var mallory = await malloryKey.LoginAsync(directory, "mallory", 5002);
        using var line = await TestLine.OpenAsync(directory, victim.Token);
        using var waiting = directory.Client.Relay(TestDirectory.With(boss.Token));
        await waiting.RequestStream.WriteAsync(new RelayRequest { Open = new RelayOpen { PeerId = victim.PeerId } }, None);
        var meeting = (await line.ReadAsync()).Relay.Id;
        var before = await StateAsync(directory, boss.Token);

        foreach (var row in Rows)
        {
            var here = row.With(victim.PeerId, meeting);
            Assert.Equal($"{row.Call} {Code(row.Reason)} {row.Reason}", $"{row.Call} {await GrpcAsync(directory, here, mallory.Token)}");
            if (here.Route is not null)
            {
                Assert.Equal($"{row.Call} {Http(row.Reason)} {row.Reason}", $"{row.Call} {await JsonAsync(directory, here, mallory.Token)}");
            }

            Assert.Equal(before, await StateAsync(directory, boss.Token));
        }

        await directory.Client.HeartbeatAsync(new(), TestDirectory.With(victim.Token));
    }

    static Dictionary<string, MethodDescriptor> Methods { get; } =
        DirectoryReflection.Descriptor.Services.SelectMany(service => service.Methods).ToDictionary(method => method.Name);

    static StatusCode Code(string reason) => reason switch
    {
        "BAD_CREDENTIALS" => StatusCode.Unauthenticated,
        "PEER_TAKEN" => StatusCode.AlreadyExists,
        "NOT_YOURS" or "ROLE_REQUIRED" => StatusCode.PermissionDenied,
        _ => StatusCode.NotFound,
    };

    static int Http(string reason) => (int)(Code(reason) switch
    {
        StatusCode.Unauthenticated => HttpStatusCode.Unauthorized,
        StatusCode.AlreadyExists => HttpStatusCode.Conflict,
        StatusCode.PermissionDenied => HttpStatusCode.Forbidden,
        _ => HttpStatusCode.NotFound,
    });

    static async Task<string> StateAsync(TestDirectory directory, string boss)
    {
        var options = TestDirectory.With(boss);
        return $"{await directory.Client.IndexAsync(new(), options)} {await directory.Client.StatsAsync(new(), options)} "
            + $"{await directory.Operator.ListAccountsAsync(new(), options)} {await directory.Operator.ListBlocksAsync(new(), options)} "
            + $"{await directory.Operator.ListAuditEventsAsync(new(), options)}";
    }

    /// <summary>One message and the end of the requests: on the wire that is every kind of call.</summary>
    static async Task<string> GrpcAsync(TestDirectory directory, Row row, string token)
    {
        var method = Methods[row.Call];
        var bytes = JsonParser.Default.Parse(row.Body, method.InputType).ToByteArray();
        var raw = Marshallers.Create<byte[]>(value => value, value => value);
        using var channel = GrpcChannel.ForAddress(directory.Url);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            new Method<byte[], byte[]>(MethodType.DuplexStreaming, method.Service.FullName, method.Name, raw, raw), null, TestDirectory.With(token));
        await call.RequestStream.WriteAsync(bytes, None);
        await call.RequestStream.CompleteAsync();
        try
        {
            return await call.ResponseStream.MoveNext(None) ? "answered" : "ended";
        }
        catch (RpcException refused)
        {
            var (code, reason, _) = TestDirectory.Failure(refused);
            return $"{code} {reason}";
        }
    }

    static async Task<string> JsonAsync(TestDirectory directory, Row row, string token)
    {
        var (verb, path) = (row.Route!.Split(' ')[0], row.Route.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new("Bearer", token);
        if (verb != "GET")
        {
            request.Content = new StringContent(row.Body, Encoding.UTF8, "application/json");
        }

        using var answer = await directory.Http.SendAsync(request, None);
        var text = await answer.Content.ReadAsStringAsync(None);
        var reason = text.Contains($"\"{row.Reason}\"", StringComparison.Ordinal) ? row.Reason : text;
        return $"{(int)answer.StatusCode} {reason}";
    }

    sealed record Row(string Call, string? Route, string Body, string Reason)
    {
        public Row With(string peer, string meeting) => this with { Route = Route is null ? null : Fill(Route, peer, meeting), Body = Fill(Body, peer, meeting) };

        static string Fill(string text, string peer, string meeting) => text
            .Replace("$PEER", peer, StringComparison.Ordinal).Replace("$ROOT", Secret, StringComparison.Ordinal)
            .Replace("$MEETING", meeting, StringComparison.Ordinal);
    }
}
