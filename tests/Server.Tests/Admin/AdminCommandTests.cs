using System.Text.Json;
using Grpc.Core;
using P2P.Commands;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Admin;

/// <summary>Each command of <c>p2p-directory admin</c> against a directory: what it does, what it says, and the line it leaves in the audit log.</summary>
public sealed class AdminCommandTests : IAsyncLifetime
{
    static readonly string Root = string.Concat(Enumerable.Repeat("5e", 32));

    readonly AdminMachine _machine = new();
    TestDirectory _directory = null!;

    public async ValueTask InitializeAsync()
    {
        _directory = await TestDirectory.StartAsync(AccessMode.Members);
        await _machine.BecomeOperatorAsync(_directory);
    }

    public async ValueTask DisposeAsync()
    {
        await _directory.DisposeAsync();
        _machine.Dispose();
    }

    [Fact]
    public async Task Accounts_CreatedWithAPassword_LogIn()
    {
        _machine.Environment["P2P_NEW_PASSWORD"] = "per12345";
        var made = await OkAsync("accounts create ana --role reader --group lab --group x --json");
        _machine.Environment.Remove("P2P_NEW_PASSWORD");
        var fromFile = await OkAsync("accounts create bob --new-password-file " + _machine.Secret("p", "per12345"));

        Assert.Equal("ana reader lab,x", Account(made.Json.GetProperty("account")));
        Assert.Equal("bob: sharer\n", fromFile.Out);
        foreach (var user in (string[])["ana", "bob"])
        {
            using var key = new TestKey();
            await key.LoginAsync(_directory, user);
        }

        var list = await OkAsync("accounts list --json");
        Assert.Equal(["ana reader lab,x", "bob sharer ", "boss operator "], list.Json.GetProperty("accounts").EnumerateArray().Select(Account));
        Assert.Matches(@"(?m)^ana +reader +lab, x +1 ", (await OkAsync("accounts list")).Out);
        await AssertAuditAsync("boss CreateAccount bob ", "boss CreateAccount ana ");
    }

    [Fact]
    public async Task Accounts_CreatedWithoutOne_AreOpenedByTheCodeThatIsShown()
    {
        var made = await OkAsync("accounts create ana --json");
        var code = Lines(made)[1].GetProperty("invitation").GetString()!;
        var told = await OkAsync("accounts create bob");

        await LoginAsync("ana", "per12345", code);
        Assert.Matches("(?m)^  [A-Za-z0-9_-]{20,}$", told.Out);
        Assert.Equal(ExitCodes.Exists, (await _machine.RunAsync("accounts create ana")).Code);
        Assert.Equal(ExitCodes.Usage, (await _machine.RunAsync("accounts create", "two  spaces")).Code);
    }

    [Fact]
    public async Task Accounts_DisabledEnabledAndGivenARole_AreSo()
    {
        using var key = new TestKey();
        await CreateAsync("ana");
        var ana = await key.LoginAsync(_directory, "ana", 5001);

        var disabled = await OkAsync("accounts disable ana");
        Assert.Equal("ana: sharer, disabled\n", disabled.Out);
        Assert.Equal("SESSION_UNKNOWN", (await TestDirectory.FailureAsync(_directory.Client.HeartbeatAsync(new(), TestDirectory.With(ana.Token)))).Reason);
        Assert.Contains("disabled", (await OkAsync("accounts list")).Out, StringComparison.Ordinal);
        Assert.Equal("ana: sharer\n", (await OkAsync("accounts enable ana")).Out);
        await key.LoginAsync(_directory, "ana", 5001);
        Assert.Equal("ana: operator\n", (await OkAsync("accounts role ana operator")).Out);

        await AssertAuditAsync(
            "boss UpdateAccount ana role Sharer to Operator", "boss UpdateAccount ana enabled", "boss UpdateAccount ana disabled");
        Assert.Equal(ExitCodes.NotFound, (await _machine.RunAsync("accounts disable nobody")).Code);
    }

    [Fact]
    public async Task Accounts_ResetPassword_GivesACodeThatSetsANewOne()
    {
        await CreateAsync("ana");

        var reset = await OkAsync("accounts reset-password ana --json");

        Assert.Equal("BAD_CREDENTIALS", (await FailureAsync("ana", "per12345", null)).Reason);
        await LoginAsync("ana", "new12345", reset.Json.GetProperty("invitation").GetString());
        await AssertAuditAsync("boss ResetPassword ana ");
    }

    [Fact]
    public async Task Groups_AddAndRemove_ChangeNoOtherGroups()
    {
        await CreateAsync("ana", "bob");

        await OkAsync("groups add lab ana bob");
        await OkAsync("groups add", "the film club", "ana");
        await OkAsync("groups add lab ana");
        await OkAsync("groups remove lab bob");

        var list = await OkAsync("groups list --json");
        Assert.Equal(
            ["lab: ana", "the film club: ana"],
            list.Json.GetProperty("groups").EnumerateArray().Select(group => $"{group.GetProperty("group")}: {string.Join(' ', group.GetProperty("users").EnumerateArray())}"));
        Assert.Matches("(?m)^the film club +ana", (await OkAsync("groups list")).Out);
        await AssertAuditAsync("boss UpdateAccount bob groups ", "boss UpdateAccount ana ", "boss UpdateAccount ana groups lab, the film club");
        for (var i = 0; i < 30; i++)
        {
            await OkAsync($"groups add g{i} ana");
        }

        var full = await _machine.RunAsync("groups add one-more ana");
        Assert.Equal(ExitCodes.Unavailable, full.Code);
        Assert.Contains("at most 32 groups", full.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invite_Code_RegistersWhomeverOnce()
    {
        var invited = await OkAsync("invite --role reader --group lab --hours 1 --json");
        var code = invited.Json.GetProperty("invitation").GetString();

        await LoginAsync("newcomer", "per12345", code);

        Assert.Equal("BAD_INVITATION", (await FailureAsync("second", "per12345", code)).Reason);
        Assert.Contains("newcomer reader lab", (await OkAsync("accounts list --json")).Json.GetProperty("accounts").EnumerateArray().Select(Account));
        await AssertAuditAsync("boss CreateInvitation Reader ");
        Assert.Equal(ExitCodes.Usage, (await _machine.RunAsync("invite --hours 0")).Code);
    }

    [Fact]
    public async Task Peers_EvictedBannedAndUnbanned_AreSo()
    {
        using var key = new TestKey();
        await CreateAsync("ana");
        await key.LoginAsync(_directory, "ana", 5001);

        var peers = await OkAsync("peers list --json");
        Assert.Equal(key.Print, peers.Json.GetProperty("peers")[0].GetProperty("peerId").GetString());
        Assert.Matches($"(?m)^{key.Print} +ana ", (await OkAsync("peers list")).Out);

        await OkAsync("peers evict " + key.Print[..8]);
        Assert.Equal(ExitCodes.NotFound, (await _machine.RunAsync("peers evict " + key.Print)).Code);
        await key.LoginAsync(_directory, "ana", 5001);
        await OkAsync($"peers ban {key.Print[..8]} --reason", "sends wrong bytes");
        Assert.Equal("PEER_BANNED", TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => key.LoginAsync(_directory, "ana", 5001))).Reason);
        Assert.Matches($"(?m)^peer +{key.Print} +boss .*sends wrong bytes", (await OkAsync("blocks")).Out);
        await OkAsync("peers unban " + key.Print[..8]);
        await key.LoginAsync(_directory, "ana", 5001);

        await AssertAuditAsync($"boss BanPeer lift {key.Print} ", $"boss BanPeer {key.Print} sends wrong bytes", $"boss EvictPeer {key.Print} ");
        Assert.Equal(ExitCodes.NotFound, (await _machine.RunAsync("peers unban " + key.Print)).Code);
    }

    [Fact]
    public async Task Roots_TakenDownAndRestored_AreSo()
    {
        using var key = new TestKey();
        await CreateAsync("ana");
        var ana = TestDirectory.With((await key.LoginAsync(_directory, "ana", 5001, new FileEntry { Path = "x/bad.bin", Root = Root, Size = 3 })).Token);

        await OkAsync($"roots take-down {Root.ToUpperInvariant()} --reason court");
        Assert.Empty((await _directory.Client.SearchAsync(new() { Archivo = "bad" }, ana)).Hits);
        var blocks = await OkAsync("blocks --json");
        Assert.Equal((Root, "court"), (blocks.Json.GetProperty("blocks")[0].GetProperty("root").GetString(), blocks.Json.GetProperty("blocks")[0].GetProperty("reason").GetString()));
        await OkAsync("roots restore " + Root);
        Assert.Single((await _directory.Client.SearchAsync(new() { Archivo = "bad" }, ana)).Hits);

        await AssertAuditAsync($"boss TakeDown lift {Root} ", $"boss TakeDown {Root} court");
        Assert.Equal(ExitCodes.Usage, (await _machine.RunAsync("roots take-down nonsense")).Code);
    }

    [Fact]
    public async Task Registration_OnAndOff_DecidesWhetherStrangersRegister()
    {
        await OkAsync("registration on");
        await LoginAsync("stranger", "per12345", null);
        await OkAsync("registration off");

        Assert.Equal("BAD_CREDENTIALS", (await FailureAsync("another", "per12345", null)).Reason);
        await AssertAuditAsync("boss SetRegistration off ", "boss SetRegistration on ");
    }

    [Fact]
    public async Task Backup_OfAStoreInAFile_IsNamedWithItsSize()
    {
        var backup = await OkAsync("backup --json");

        Assert.True(backup.Json.GetProperty("size").GetInt64() > 0);
        await AssertAuditAsync("boss CreateBackup  ");
    }

    [Fact]
    public async Task Audit_Followed_GoesOnWithWhatIsDone()
    {
        await CreateAsync("ana", "bob", "eva");
        Assert.Equal(2, Lines(await OkAsync("audit --count 2 --json")).Count);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var shown = new LineWriter();
        var host = new CommandHost(_machine.Environment, TextReader.Null, shown, TextWriter.Null, Interactive: false, TimeProvider.System);
        var following = P2P.Server.Admin.AdminProgram.RunAsync(["admin", "audit", "--count", "1", "--follow", "--json"], host, stop.Token);
        await shown.WaitForAsync("CreateAccount");

        await OkAsync("accounts disable ana");
        await OkAsync("accounts enable ana");
        await shown.WaitForAsync("\"reason\":\"enabled\"");

        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Cancelled, await following);
        Assert.Equal(["eva", "ana", "ana"], shown.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("target").GetString()));
    }

    [Fact]
    public async Task AnyCommand_OfAnOrdinaryMember_IsRefusedInASentence()
    {
        await CreateAsync("ana");
        _machine.Environment["P2P_USER"] = "ana";
        string[] commands =
        [
            "login", "accounts list", "accounts create x", "accounts role ana operator", "accounts disable boss", "accounts enable boss",
            "accounts reset-password boss", "groups list", "groups add g ana", "groups remove g ana", "invite", "peers ban " + Root, "peers unban " + Root,
            "peers evict " + Root, "roots take-down " + Root, "roots restore " + Root, "blocks", "registration on", "audit", "backup",
        ];
        var before = await AuditAsync(1);

        foreach (var command in commands)
        {
            var run = await _machine.RunAsync(command);
            Assert.Equal((command, ExitCodes.Refused, ""), (command, run.Code, run.Out));
            Assert.Matches(@"^p2p-directory: .*(role does not allow|is no operator).*\.\n$", run.Error);
        }

        Assert.Equal(before, await AuditAsync(1));
        Assert.Equal(0, (await _directory.Operator.ListAccountsAsync(new(), await BossAsync())).Accounts.Single(account => account.User == "ana").Sessions);
    }

    [Fact]
    public async Task Login_KeptSession_ServesUntilItIsOver()
    {
        _machine.Environment.Remove("P2P_PASSWORD");
        Assert.Equal(ExitCodes.Ok, (await _machine.RunAsync("accounts list")).Code);
        var token = Assert.Single(_machine.Kept.Of(new Uri(_directory.Url))).Token;

        Assert.Equal(ExitCodes.Ok, (await _machine.RunAsync("accounts list --token-file " + _machine.Secret("t", token))).Code);
        await _directory.Client.LogoutAsync(new(), TestDirectory.With(token));
        var over = await _machine.RunAsync("accounts list");

        Assert.Equal(ExitCodes.Refused, over.Code);
        Assert.Contains("Log in again by 'p2p-directory admin login'", over.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logout_KeptSession_IsOverAndForgotten()
    {
        var token = Assert.Single(_machine.Kept.Of(new Uri(_directory.Url))).Token;

        await OkAsync("logout");

        Assert.Empty(_machine.Kept.Of(new Uri(_directory.Url)));
        Assert.Equal("LOGGED_OUT", (await TestDirectory.FailureAsync(_directory.Client.StatsAsync(new(), TestDirectory.With(token)))).Reason);
        Assert.Equal(ExitCodes.NotFound, (await _machine.RunAsync("logout")).Code);
    }

    [Theory]
    [InlineData("P2P_PASSWORD", "wrong-password", ExitCodes.Refused)]
    [InlineData("P2P_TOKEN", "nonsense", ExitCodes.Refused)]
    public async Task AnyCommand_WrongSecret_IsRefusedAndDoesNotShowIt(string variable, string secret, int code)
    {
        _machine.Environment[variable] = secret;

        var run = await _machine.RunAsync("accounts list --verbose");

        Assert.Equal(code, run.Code);
        Assert.DoesNotContain(secret, run.Out + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyCommand_WithAPassword_LeavesNoSessionBehind()
    {
        await OkAsync("logout");

        await OkAsync("accounts list");

        Assert.Equal(1, (await _directory.Operator.ListAccountsAsync(new(), await BossAsync())).Accounts.Single().Sessions);
    }

    async Task<CallOptions> BossAsync() => TestDirectory.With((await LoginAsync("boss", "per12345", null)).Token);

    async Task CreateAsync(params string[] users)
    {
        _machine.Environment["P2P_NEW_PASSWORD"] = "per12345";
        foreach (var user in users)
        {
            await OkAsync("accounts create " + user);
        }

        _machine.Environment.Remove("P2P_NEW_PASSWORD");
    }

    async Task<AdminRun> OkAsync(string command, params string[] more)
    {
        var run = await _machine.RunAsync(command, more);
        Assert.True(run.Code == ExitCodes.Ok, $"{command}: {run.Code} {run.Error}");
        return run;
    }

    /// <summary>The newest acts, newest first, as who, what, on what and why.</summary>
    async Task AssertAuditAsync(params string[] expected) => Assert.Equal(expected, await AuditAsync(expected.Length));

    async Task<IReadOnlyList<string>> AuditAsync(int count)
    {
        var events = (await _directory.Operator.ListAuditEventsAsync(new() { PageSize = count }, await BossAsync())).Events;
        return [.. events.Select(act => $"{act.Operator} {act.Action} {act.Target} {act.Reason}")];
    }

    Task<LoginResponse> LoginAsync(string user, string password, string? code) => _directory.Client.LoginAsync(Request(user, password, code), TestDirectory.Anonymous).ResponseAsync;

    async Task<(StatusCode Code, string Reason, Google.Rpc.Status Status)> FailureAsync(string user, string password, string? code) =>
        await TestDirectory.FailureAsync(_directory.Client.LoginAsync(Request(user, password, code), TestDirectory.Anonymous));

    static LoginRequest Request(string user, string password, string? code)
    {
        var request = new LoginRequest { User = user, Password = password, Reader = true };
        if (code is not null)
        {
            request.Invitation = code;
        }

        return request;
    }

    static List<JsonElement> Lines(AdminRun run) =>
        [.. run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    static string Account(JsonElement account) =>
        $"{account.GetProperty("user")} {account.GetProperty("role")} {string.Join(',', account.GetProperty("groups").EnumerateArray())}";

    /// <summary>What a running command writes, line by line.</summary>
    sealed class LineWriter : StringWriter
    {
        readonly Lock _lock = new();

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lock)
                {
                    return ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
                }
            }
        }

        public override void WriteLine(string? value)
        {
            lock (_lock)
            {
                base.WriteLine(value);
            }
        }

        public Task WaitForAsync(string text) => Wait.UntilAsync(() => Lines.Any(line => line.Contains(text, StringComparison.Ordinal)));
    }
}
