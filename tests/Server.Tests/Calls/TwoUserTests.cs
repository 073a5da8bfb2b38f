using System.Net;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;

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
        await using var net = await TwoUsers.StartAsync(AccessMode.Members);
        await TryAllAsync(net, net.Mallory.Token, row => row.Reason);
    }

    /// <summary>It proved nothing, and may no more than one that did.</summary>
    [Fact]
    public async Task Call_OfADeclaredSession_IsRefusedAndChangesNothing()
    {
        await using var net = await TwoUsers.StartAsync(AccessMode.Members);
        var login = new LoginRequest { User = "mallory", Password = "per12345", Ip = "127.0.0.1", Url = "http://localhost", Port = 5004 };
        var declared = await net.Directory.Client.LoginAsync(login, TestDirectory.Anonymous);
        Assert.False(declared.Verified);
        await TryAllAsync(net, declared.Token, row => row.Call == "RenewTicket" ? "NOT_PROVEN" : row.Reason);
    }

    [Fact]
    public async Task Call_WithoutAToken_IsRefusedAndChangesNothing()
    {
        await using var net = await TwoUsers.StartAsync(AccessMode.Members);
        await TryAllAsync(net, null, row => row.Call == "Login" ? row.Reason : "TOKEN_REQUIRED");
        await TryPlainAsync(net, null, "TOKEN_REQUIRED");
    }

    [Fact]
    public async Task Call_WithoutATokenInOpenAccess_IsRefusedWhatIsOthers()
    {
        await using var net = await TwoUsers.StartAsync(AccessMode.Open);
        string[] open = ["Login", "Logout", "Descargar", "Browse", "Locate", "Relay"];
        // A declared session, which has nothing to show for itself, may be ended by anyone: the documented /logout has no token.
        await TryAllAsync(
            net, null, row => open.Contains(row.Call) ? row.Reason : "TOKEN_REQUIRED",
            row => row.Call != "Logout" || row.Body.Contains("5001", StringComparison.Ordinal));
    }

    /// <summary>A bit of a good token changed, a print of one, another's form, nothing: no such token is ever taken for none.</summary>
    [Fact]
    public async Task Call_WithAForgedToken_IsRefusedAndChangesNothing()
    {
        await using var net = await TwoUsers.StartAsync(AccessMode.Members);
        var good = net.Victim.Token;
        string[] forged =
        [
            (good[0] == 'A' ? 'B' : 'A') + good[1..], good[..^1], good + "A", good.ToUpperInvariant(), Sessions.Tokens.Hash(good), Sessions.Tokens.New(),
            net.Victim.PeerId, "null", new string('A', 43),
        ];
        foreach (var token in forged)
        {
            await TryAllAsync(net, token, row => row.Call == "Login" ? row.Reason : "SESSION_UNKNOWN");
            await TryPlainAsync(net, token, "SESSION_UNKNOWN");
        }
    }

    /// <summary>Every row over both protocols: refused with the reason, and the directory is as it was.</summary>
    static async Task TryAllAsync(TwoUsers net, string? token, Func<Row, string> reason, Func<Row, bool>? tried = null)
    {
        var before = await net.StateAsync();
        foreach (var row in Rows.Where(tried ?? (_ => true)))
        {
            var here = row.With(net.Victim.PeerId, net.Meeting) with { Reason = reason(row) };
            Assert.Equal($"{row.Call} {Code(here.Reason)} {here.Reason}", $"{row.Call} {await GrpcAsync(net.Directory, here, token)}");
            if (here.Route is not null)
            {
                Assert.Equal($"{row.Call} {Http(here.Reason)} {here.Reason}", $"{row.Call} {await JsonAsync(net.Directory, here, token)}");
            }

            Assert.Equal(before, await net.StateAsync());
        }

        await net.Directory.Client.HeartbeatAsync(new(), TestDirectory.With(net.Victim.Token));
    }

    /// <summary>Also the calls that name nothing of others' want a good token, but for those that make one possible.</summary>
    static async Task TryPlainAsync(TwoUsers net, string? token, string reason)
    {
        foreach (var call in NamingNothing.Except(["Challenge", "Keys"]))
        {
            Assert.Equal($"{call} {Code(reason)} {reason}", $"{call} {await GrpcAsync(net.Directory, new Row(call, null, "{}", reason), token)}");
        }
    }

    static Dictionary<string, MethodDescriptor> Methods { get; } =
        DirectoryReflection.Descriptor.Services.SelectMany(service => service.Methods).ToDictionary(method => method.Name);

    static StatusCode Code(string reason) => reason switch
    {
        "BAD_CREDENTIALS" or "TOKEN_REQUIRED" or "SESSION_UNKNOWN" => StatusCode.Unauthenticated,
        "PEER_TAKEN" => StatusCode.AlreadyExists,
        "NOT_YOURS" or "ROLE_REQUIRED" or "NOT_PROVEN" => StatusCode.PermissionDenied,
        _ => StatusCode.NotFound,
    };

    static int Http(string reason) => (int)(Code(reason) switch
    {
        StatusCode.Unauthenticated => HttpStatusCode.Unauthorized,
        StatusCode.AlreadyExists => HttpStatusCode.Conflict,
        StatusCode.PermissionDenied => HttpStatusCode.Forbidden,
        _ => HttpStatusCode.NotFound,
    });

    /// <summary>One message and the end of the requests: on the wire that is every kind of call.</summary>
    static async Task<string> GrpcAsync(TestDirectory directory, Row row, string? token)
    {
        var method = Methods[row.Call];
        var bytes = JsonParser.Default.Parse(row.Body, method.InputType).ToByteArray();
        var raw = Marshallers.Create<byte[]>(value => value, value => value);
        using var channel = GrpcChannel.ForAddress(directory.Url);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            new Method<byte[], byte[]>(MethodType.DuplexStreaming, method.Service.FullName, method.Name, raw, raw), null,
            token is null ? TestDirectory.Anonymous : TestDirectory.With(token));
        try
        {
            await call.RequestStream.WriteAsync(bytes, None);
            await call.RequestStream.CompleteAsync();
            return await call.ResponseStream.MoveNext(None) ? "answered" : "ended";
        }
        catch (RpcException refused)
        {
            var (code, reason, _) = TestDirectory.Failure(refused);
            return $"{code} {reason}";
        }
    }

    static async Task<string> JsonAsync(TestDirectory directory, Row row, string? token)
    {
        var (verb, path) = (row.Route!.Split(' ')[0], row.Route.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(path, UriKind.Relative));
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
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
