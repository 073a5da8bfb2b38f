using P2P.Commands;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Admin;

namespace P2P.Server.Tests.Admin;

/// <summary>The command line itself, without a directory.</summary>
public sealed class AdminProgramTests : IDisposable
{
    readonly AdminMachine _machine = new();

    public static TheoryData<string> Commands =>
    [
        "login", "logout", "accounts list", "accounts create", "accounts role", "accounts disable", "accounts enable", "accounts reset-password",
        "groups list", "groups add", "groups remove", "invite", "peers list", "peers evict", "peers ban", "peers unban", "roots take-down",
        "roots restore", "blocks", "registration", "audit", "backup",
    ];

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task Help_Admin_ListsCommandsAndExitCodesAndNoOptionThatTakesASecret()
    {
        var run = await _machine.RunAsync("--help");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.All(Commands, command => Assert.Contains($"  {((string)command).Split(' ')[0]} ", run.Out, StringComparison.Ordinal));
        Assert.All(ExitCodes.All, code => Assert.Contains(code.Meaning, run.Out, StringComparison.Ordinal));
        Assert.DoesNotMatch(@"--(password|invitation|token|code)\s", run.Out);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_Command_SaysWhatItDoes(string command)
    {
        var run = await _machine.RunAsync(command + " --help");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains($"admin {command} ", run.Out, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"--(password|invitation|token)\s", run.Out);
    }

    [Theory]
    [InlineData("nonsense", "Try 'p2p-directory admin --help'.")]
    [InlineData("accounts", "Try 'p2p-directory admin accounts --help'.")]
    [InlineData("accounts nonsense", "Try 'p2p-directory admin accounts --help'.")]
    [InlineData("accounts disable", "Try 'p2p-directory admin accounts disable --help'.")]
    [InlineData("accounts disable --nonsense", "Try 'p2p-directory admin accounts disable --help'.")]
    [InlineData("accounts role ana king", "Try 'p2p-directory admin accounts role --help'.")]
    [InlineData("accounts create ana --role king", "Try 'p2p-directory admin accounts create --help'.")]
    [InlineData("groups add lab", "Try 'p2p-directory admin groups add --help'.")]
    [InlineData("registration maybe", "Try 'p2p-directory admin registration --help'.")]
    [InlineData("invite --hours soon", "Try 'p2p-directory admin invite --help'.")]
    [InlineData("accounts list --password per12345", "Try 'p2p-directory admin accounts list --help'.")]
    public async Task Run_WrongCommandLine_SaysSoAndExitsWithUsage(string command, string hint)
    {
        var run = await _machine.RunAsync(command);

        Assert.Equal((ExitCodes.Usage, ""), (run.Code, run.Out));
        Assert.StartsWith("p2p-directory: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith(hint + "\n", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("accounts list")]
    [InlineData("login")]
    [InlineData("accounts list --user boss")]
    [InlineData("login --user boss")]
    public async Task Run_NobodyToBe_SaysWhereAPasswordGoes(string command)
    {
        var run = await _machine.RunAsync(command);

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Matches("P2P_PASSWORD|--user NAME", run.Error);
    }

    [Fact]
    public async Task Run_NoDirectory_IsUnavailable()
    {
        _machine.Environment["P2P_TOKEN"] = "x";

        var run = await _machine.RunAsync("accounts list --directory http://127.0.0.1:9");
        var json = await _machine.RunAsync("accounts list --json --directory http://127.0.0.1:9");

        Assert.Equal((ExitCodes.Unavailable, ExitCodes.Unavailable), (run.Code, json.Code));
        Assert.StartsWith("p2p-directory: The directory does not answer", run.Error, StringComparison.Ordinal);
        Assert.StartsWith("{\"error\":{\"code\":5,", json.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CleartextBeyondThisMachine_IsRefusedBeforeAnythingIsSent()
    {
        _machine.Environment["P2P_TOKEN"] = "x";

        var run = await _machine.RunAsync("accounts list --directory http://192.0.2.1:5000");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("--allow-plaintext", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_WhatIsGivenForTheCommand_GoesBeforeWhatWasKept()
    {
        var (here, there) = (new Uri("http://localhost:5000"), new Uri("http://localhost:6000"));
        var kept = _machine.Kept;
        kept.Keep(here, "boss", "kept");
        kept.Keep(there, "boss", "elsewhere");

        Assert.Equal(new Credentials.ByToken("given"), Choose(here, "boss", "pw", token: "given"));
        Assert.Equal(new Credentials.ByPassword("ana", "pw"), Choose(here, "ana", "pw"));
        Assert.Equal(new Credentials.ByKept(new("localhost:5000", "boss", "kept")), Choose(here, null, null));
        Assert.Equal(new Credentials.ByKept(new("localhost:5000", "boss", "kept")), Choose(here, "boss", null, canAsk: true));
        Assert.Equal(new Credentials.ByPassword("ana", null), Choose(here, "ana", null, canAsk: true));
        Assert.Equal(ExitCodes.Usage, Assert.Throws<CommandException>(() => Choose(here, "ana", null)).ExitCode);
        kept.Keep(here, "second", "other");
        Assert.Contains("boss, second", Assert.Throws<CommandException>(() => Choose(here, null, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeptLogins_ManyDirectoriesAndAccounts_EachHasItsNewestForTheOwnerOnly()
    {
        var (here, there) = (new Uri("https://p2p.example:5000"), new Uri("https://other.example"));
        var kept = _machine.Kept;
        kept.Keep(here, "the boss", "one");
        kept.Keep(here, "the boss", "two");
        kept.Keep(there, "the boss", "three");
        kept.Forget("three");

        Assert.Equal([new KeptLogin("p2p.example:5000", "the boss", "two")], kept.Of(here));
        Assert.Empty(kept.Of(there));
        Assert.True(OperatingSystem.IsWindows() || System.IO.File.GetUnixFileMode(kept.File) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        System.IO.File.WriteAllText(kept.File, "nonsense\n");
        Assert.Contains("Line 1", Assert.Throws<IOException>(() => kept.Of(here)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aaaa1", "aaaa1")]
    [InlineData("bbbb", "bbbb2")]
    [InlineData("BBBB", "bbbb2")]
    [InlineData("cc", "cc")]
    public void Match_WholeOrBeginning_IsTheIdentifier(string word, string meant) =>
        Assert.Equal(meant, PeerCommands.Match(["aaaa1", "aaaa12", "bbbb2", "cc"], word));

    [Theory]
    [InlineData("aaaa", ExitCodes.Ambiguous)]
    [InlineData("bbb", ExitCodes.NotFound)]
    [InlineData("dddd", ExitCodes.NotFound)]
    public void Match_NoneOrSeveral_IsRefused(string word, int code) =>
        Assert.Equal(code, Assert.Throws<CommandException>(() => PeerCommands.Match(["aaaa1", "aaaa12", "bbbb2", "cc"], word)).ExitCode);

    [Fact]
    public void ByGroup_Accounts_AreSortedBothWays()
    {
        var groups = GroupCommands.ByGroup(
            [new Account { User = "b", Groups = { "lab", "x" } }, new Account { User = "a", Groups = { "lab" } }, new Account { User = "c" }]);

        Assert.Equal(["lab: a b", "x: b"], groups.Select(group => $"{group.Group}: {string.Join(' ', group.Users)}"));
    }

    Credentials Choose(Uri directory, string? user, string? password, string? token = null, bool canAsk = false)
    {
        var settings = ClientSettingsLoader.Load(new GivenSettings { Directory = directory.ToString(), User = user, Password = password }, _machine.Environment);
        return Credentials.Choose(settings, token, _machine.Kept, canAsk);
    }
}
