using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;

namespace P2P.Server.Tests.Calls;

public sealed class MembersTests
{
    [Fact]
    public async Task OperatorCode_AtFirstStart_MakesTheFirstOperatorOnce()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var login = await directory.Client.LoginAsync(Reader("boss", directory.OperatorCode), TestDirectory.Anonymous);
        var accounts = await directory.Operator.ListAccountsAsync(new(), TestDirectory.With(login.Token));
        Assert.Equal(("boss", Role.Operator, 1), (accounts.Accounts[0].User, accounts.Accounts[0].Role, accounts.Accounts[0].Sessions));
        var used = await TestDirectory.FailureAsync(directory.Client.LoginAsync(Reader("second", directory.OperatorCode), TestDirectory.Anonymous));
        Assert.Equal((StatusCode.Unauthenticated, "BAD_INVITATION"), (used.Code, used.Reason));
    }

    [Fact]
    public async Task OperatorCode_LoginThatIsRefused_DoesNotUseItUp()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members, allowDeclared: true);
        var boss = (await directory.Client.LoginAsync(Reader("boss", directory.OperatorCode), TestDirectory.Anonymous)).Token;
        var invited = await directory.Operator.CreateInvitationAsync(new() { Role = Role.Reader }, TestDirectory.With(boss));
        var sharer = new LoginRequest { User = "ana", Password = "per12345", Invitation = invited.Invitation, Port = 5001 };
        var refused = await TestDirectory.FailureAsync(directory.Client.LoginAsync(sharer, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.PermissionDenied, "ROLE_REQUIRED"), (refused.Code, refused.Reason));
        await directory.Client.LoginAsync(Reader("ana", invited.Invitation), TestDirectory.Anonymous);
    }

    [Fact]
    public async Task Invitation_ManyAtOnce_OneGetsIt()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var tries = Enumerable.Range(0, 8).Select(async i =>
        {
            try
            {
                await directory.Client.LoginAsync(Reader($"user{i}", directory.OperatorCode), TestDirectory.Anonymous);
                return "in";
            }
            catch (RpcException refused)
            {
                return TestDirectory.Failure(refused).Reason;
            }
        });
        var answers = await Task.WhenAll(tries);
        Assert.Equal(7, answers.Count(answer => answer == "BAD_INVITATION"));
    }

    [Fact]
    public async Task Login_UnknownUser_IsNotRegistered()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var refused = await TestDirectory.FailureAsync(directory.Client.LoginAsync(Reader("new", null), TestDirectory.Anonymous));
        Assert.Equal((StatusCode.Unauthenticated, "BAD_CREDENTIALS"), (refused.Code, refused.Reason));
    }

    [Fact]
    public async Task Operator_MakesAccountsAndInvitations_ThatLogIn()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = (await directory.Client.LoginAsync(Reader("boss", directory.OperatorCode), TestDirectory.Anonymous)).Token;
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345", Role = Role.Reader }, TestDirectory.With(boss));
        var ana = await directory.Client.LoginAsync(Reader("ana", null), TestDirectory.Anonymous);
        var denied = await TestDirectory.FailureAsync(directory.Operator.ListAccountsAsync(new(), TestDirectory.With(ana.Token)));
        Assert.Equal((StatusCode.PermissionDenied, "ROLE_REQUIRED"), (denied.Code, denied.Reason));

        var open = await directory.Operator.CreateAccountAsync(new() { User = "eva" }, TestDirectory.With(boss));
        await directory.Client.LoginAsync(Reader("eva", open.Invitation), TestDirectory.Anonymous);
        var any = await directory.Operator.CreateInvitationAsync(new(), TestDirectory.With(boss));
        await directory.Client.LoginAsync(Reader("bob", any.Invitation), TestDirectory.Anonymous);
        var twice = await TestDirectory.FailureAsync(directory.Operator.CreateAccountAsync(new() { User = "bob" }, TestDirectory.With(boss)));
        Assert.Equal((StatusCode.AlreadyExists, "ACCOUNT_EXISTS"), (twice.Code, twice.Reason));

        await directory.Operator.SetRegistrationAsync(new() { Enabled = true }, TestDirectory.With(boss));
        await directory.Client.LoginAsync(Reader("new", null), TestDirectory.Anonymous);
        var page = await directory.Operator.ListAccountsAsync(new() { PageSize = 2 }, TestDirectory.With(boss));
        var rest = await directory.Operator.ListAccountsAsync(new() { PageSize = 9, PageToken = page.NextPageToken }, TestDirectory.With(boss));
        Assert.Equal(["ana", "bob", "boss", "eva", "new"], page.Accounts.Concat(rest.Accounts).Select(account => account.User));
    }

    [Fact]
    public async Task Login_DeclaredPeer_NeedsAProof()
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var request = new LoginRequest { User = "boss", Password = "per12345", Invitation = directory.OperatorCode, Port = 5001 };
        var refused = await TestDirectory.FailureAsync(directory.Client.LoginAsync(request, TestDirectory.Anonymous));
        Assert.Equal((StatusCode.PermissionDenied, "PROOF_REQUIRED"), (refused.Code, refused.Reason));
    }

    [Fact]
    public async Task ChangePassword_EndsTheOtherSessions()
    {
        await using var directory = await TestDirectory.StartAsync();
        var (one, other) = (await directory.LoginAsync("a", 5001), await directory.LoginAsync("a", 5002));
        var wrong = await TestDirectory.FailureAsync(directory.Client.ChangePasswordAsync(
            new() { CurrentPassword = "no", NewPassword = "new-password" }, TestDirectory.With(one.Token)));
        Assert.Equal("BAD_CREDENTIALS", wrong.Reason);
        await directory.Client.ChangePasswordAsync(new() { CurrentPassword = "per1234", NewPassword = "new-password" }, TestDirectory.With(one.Token));
        await directory.Client.HeartbeatAsync(new(), TestDirectory.With(one.Token));
        Assert.Equal("SESSION_UNKNOWN", (await TestDirectory.FailureAsync(directory.Client.HeartbeatAsync(new(), TestDirectory.With(other.Token)))).Reason);
        Assert.Equal(
            "BAD_CREDENTIALS",
            (await TestDirectory.FailureAsync(directory.Client.LoginAsync(Reader("a", null, "per1234"), TestDirectory.Anonymous))).Reason);
    }

    static LoginRequest Reader(string user, string? invitation, string password = "per12345")
    {
        var request = new LoginRequest { User = user, Password = password, Reader = true };
        if (invitation is not null)
        {
            request.Invitation = invitation;
        }

        return request;
    }
}
