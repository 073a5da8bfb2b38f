using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Hosting;
using P2P.Server.Tests.Calls;
using P2P.Toolbox;
using ExitCodes = P2P.Commands.ExitCodes;

namespace P2P.Server.Tests.Admin;

/// <summary>Operators where anyone may call: the first one comes by <c>--operator-code</c>, and what operators do works as in members access.</summary>
public sealed class OpenAccessTests : IDisposable
{
    readonly AdminMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task OperatorCode_InOpenAccess_IsGivenOnlyWhenAskedFor()
    {
        await using var silent = await TestDirectory.StartAsync();
        Assert.Null(silent.OperatorCode);

        await using var directory = await TestDirectory.StartAsync(askForOperatorCode: true);
        await _machine.BecomeOperatorAsync(directory);

        var list = await _machine.RunAsync("accounts list --json");
        Assert.Equal("operator", list.Json.GetProperty("accounts")[0].GetProperty("role").GetString());
    }

    [Fact]
    public async Task OpenAccess_DeclaredPeerOfAnOrdinaryAccount_IsEvictedAndItsAccountDisabled()
    {
        await using var directory = await TestDirectory.StartAsync(askForOperatorCode: true);
        await _machine.BecomeOperatorAsync(directory);
        var declared = await directory.LoginAsync("peer1", 5001, "file1.txt,file2.txt");

        // Neither nobody nor who registered itself is an operator.
        Assert.Equal("TOKEN_REQUIRED", (await TestDirectory.FailureAsync(directory.Operator.ListAccountsAsync(new(), TestDirectory.Anonymous))).Reason);
        Assert.Equal("ROLE_REQUIRED", (await TestDirectory.FailureAsync(directory.Operator.ListAccountsAsync(new(), TestDirectory.With(declared.Token)))).Reason);

        Assert.Equal(ExitCodes.Ok, (await _machine.RunAsync("peers evict " + declared.PeerId)).Code);
        Assert.Empty(await directory.SearchAsync("file1"));
        await directory.LoginAsync("peer1", 5001, "file1.txt");
        Assert.Equal(ExitCodes.Ok, (await _machine.RunAsync("accounts disable peer1")).Code);
        Assert.Empty(await directory.SearchAsync("file1"));
        var barred = await Assert.ThrowsAsync<RpcException>(() => directory.LoginAsync("peer1", 5001));
        Assert.Equal("BAD_CREDENTIALS", TestDirectory.Failure(barred).Reason);

        Assert.Equal(ExitCodes.Ok, (await _machine.RunAsync("registration off")).Code);
        Assert.Equal("BAD_CREDENTIALS", TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => directory.LoginAsync("peer2", 5002))).Reason);
    }

    [Fact]
    public async Task OpenAccess_WhoRegisteredItself_IsMadeAnOperatorByOne()
    {
        await using var directory = await TestDirectory.StartAsync(askForOperatorCode: true);
        await directory.Client.LoginAsync(new LoginRequest { User = "ana", Password = "per12345", Reader = true }, TestDirectory.Anonymous);
        _machine.Environment["P2P_INVITATION"] = directory.OperatorCode!;
        _machine.Environment["P2P_DIRECTORY"] = directory.Url;
        _machine.Environment["P2P_PASSWORD"] = "per12345";

        // The code makes accounts, and takes none over.
        Assert.Equal(ExitCodes.Refused, (await _machine.RunAsync("login --user ana")).Code);
        await _machine.BecomeOperatorAsync(directory);
        Assert.Equal(ExitCodes.Ok, (await _machine.RunAsync("accounts role ana operator")).Code);
        Assert.Equal(ExitCodes.Ok, (await _machine.RunAsync("login --user ana")).Code);
    }

    [Fact]
    public async Task OperatorCode_OfAnEarlierStart_IsVoidUntilThereIsAnOperator()
    {
        using var folder = new TemporaryFolder();
        string first, second;
        await using (var directory = await TestDirectory.StartAsync(AccessMode.Members, folder.Path))
        {
            first = directory.OperatorCode!;
        }

        await using (var directory = await TestDirectory.StartAsync(AccessMode.Members, folder.Path))
        {
            second = directory.OperatorCode!;
            Assert.Equal("BAD_INVITATION", (await TestDirectory.FailureAsync(directory.Client.LoginAsync(Reader("eve", first), TestDirectory.Anonymous))).Reason);
            await directory.Client.LoginAsync(Reader("boss", second), TestDirectory.Anonymous);
        }

        await using (var directory = await TestDirectory.StartAsync(AccessMode.Members, folder.Path))
        {
            Assert.Null(directory.OperatorCode);
        }

        // Whoever starts the directory can become an operator when all of them have lost their passwords.
        await using (var directory = await TestDirectory.StartAsync(AccessMode.Members, folder.Path, askForOperatorCode: true))
        {
            await directory.Client.LoginAsync(Reader("rescuer", directory.OperatorCode!), TestDirectory.Anonymous);
        }
    }

    [Fact]
    public async Task OperatorCode_OutputThatIsKept_GoesIntoAFileForItsOwnerOnly()
    {
        using var folder = new TemporaryFolder();
        await using var directory = await TestDirectory.StartAsync(folder: folder.Path);
        var services = directory.Service<IServiceProvider>();
        var access = directory.Service<AccessPolicy>();

        var typed = await OperatorCode.GiveAsync(services, access, isAsked: true, isTerminal: true, folder.Path);
        var kept = await OperatorCode.GiveAsync(services, access, isAsked: true, isTerminal: false, folder.Path);

        Assert.Null(typed!.File);
        Assert.Contains(typed.Text!, WelcomeText.Of([directory.Url], folder.Path, access, typed), StringComparison.Ordinal);
        var code = (await System.IO.File.ReadAllTextAsync(kept!.File!, TestContext.Current.CancellationToken)).TrimEnd();
        var welcome = WelcomeText.Of([directory.Url], folder.Path, access, kept);
        Assert.DoesNotContain(code, welcome, StringComparison.Ordinal);
        Assert.Contains(kept.File!, welcome, StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || System.IO.File.GetUnixFileMode(kept.File!) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        _machine.Environment["P2P_DIRECTORY"] = directory.Url;
        _machine.Environment["P2P_PASSWORD"] = "per12345";
        Assert.Equal(ExitCodes.Ok, (await _machine.RunAsync("login --user boss --code-file " + kept.File)).Code);
        Assert.Equal(ExitCodes.Refused, (await _machine.RunAsync("login --user second --code-file " + kept.File)).Code);
    }

    [Fact]
    public async Task Admin_OverTls_HoldsTheDirectoryToItsKeyAsThePeerDoes()
    {
        using var folder = new TemporaryFolder();
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members, folder.Path, url: "https://127.0.0.1:0");
        var print = directory.Service<DirectoryCertificate>().Print!;
        _machine.Environment["P2P_DIRECTORY"] = directory.Url;
        _machine.Environment["P2P_PASSWORD"] = "per12345";
        _machine.Environment["P2P_USER"] = "boss";
        _machine.Environment["P2P_INVITATION"] = directory.OperatorCode!;

        var met = await _machine.RunAsync("login");
        Assert.Equal(ExitCodes.Ok, met.Code);
        Assert.Contains(print, met.Error, StringComparison.Ordinal);
        var known = Path.Combine(_machine.Environment["XDG_CONFIG_HOME"], "p2p", "known-directories");
        Assert.Contains(print, await System.IO.File.ReadAllTextAsync(known, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var again = await _machine.RunAsync("accounts list");
        Assert.Equal((ExitCodes.Ok, ""), (again.Code, again.Error));

        var other = string.Concat(Enumerable.Repeat("0f", 32));
        Assert.Equal(ExitCodes.Untrusted, (await _machine.RunAsync("accounts list --directory-print " + other)).Code);
        await System.IO.File.WriteAllTextAsync(known, $"{new Uri(directory.Url).Authority} {other}\n", TestContext.Current.CancellationToken);
        var changed = await _machine.RunAsync("accounts list");
        Assert.Equal(ExitCodes.Untrusted, changed.Code);
        Assert.Contains("Nothing was sent to it", changed.Error, StringComparison.Ordinal);
        Assert.Contains(known, changed.Error, StringComparison.Ordinal);
    }

    static LoginRequest Reader(string user, string code) => new() { User = user, Password = "per12345", Reader = true, Invitation = code };
}
