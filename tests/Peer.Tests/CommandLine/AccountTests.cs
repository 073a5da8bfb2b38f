using P2P.Peers.Tests.Lying;
using TemporaryFolder = P2P.Toolbox.TemporaryFolder;

namespace P2P.Peers.Tests.CommandLine;

public sealed class AccountTests : IAsyncLifetime
{
    readonly FakeDirectory _calls = new() { MembersOnly = true };
    readonly TemporaryFolder _folder = new();
    ServiceHost _directory = null!;

    public async ValueTask InitializeAsync() => _directory = await ServiceHost.StartAsync(_calls);

    public async ValueTask DisposeAsync()
    {
        await _directory.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Password_OldAndNew_IsChangedByItsOwner()
    {
        var run = await RunAsync("password", ("P2P_PASSWORD", "per1234"), ("P2P_NEW_PASSWORD", "a longer one"));

        Assert.Equal((ExitCodes.Ok, "per1234", "a longer one"), (run.Code, _calls.Changes.Single().CurrentPassword, _calls.Changes.Single().NewPassword));
        Assert.DoesNotContain("a longer one", run.Out + run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short", "per1234", ExitCodes.Usage)]
    [InlineData("a longer one", "wrong", ExitCodes.Refused)]
    [InlineData("a longer one", null, ExitCodes.Usage)]
    public async Task Password_Unusable_ChangesNothing(string changed, string? current, int expected)
    {
        var run = await RunAsync("password", ("P2P_PASSWORD", current), ("P2P_NEW_PASSWORD", changed));

        Assert.Equal(expected, run.Code);
        Assert.Empty(_calls.Changes);
    }

    [Fact]
    public async Task Peers_WithAnInvitation_ShowsItAtLoginAndProvesTheKey()
    {
        _calls.HasChallenge = true;

        var run = await RunAsync("peers --invitation 1234-5678", ("P2P_PASSWORD", "per1234"));

        Assert.Equal((ExitCodes.Ok, "1234-5678"), (run.Code, _calls.LastLogin!.Invitation));
        Assert.Equal((91, true), (_calls.LastLogin.Proof.PublicKey.Length, _calls.LastLogin.Reader));
    }

    Task<Run> RunAsync(string command, params (string Name, string? Value)[] environment)
    {
        var all = environment.Where(entry => entry.Value is not null).ToDictionary(entry => entry.Name, entry => entry.Value!);
        all["P2P_DATA"] = _folder.File("data");
        all["P2P_DIRECTORY"] = _directory.Url;
        all["P2P_USER"] = "ana";
        return Run.InAsync(all, "", command);
    }
}
