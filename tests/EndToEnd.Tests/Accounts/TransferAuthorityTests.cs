using System.Text.RegularExpressions;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Accounts;

/// <summary>Who is let in by a source over TLS: for as long as a transfer takes, whether the directory is there or not; but not against its word.</summary>
public sealed partial class TransferAuthorityTests
{
    const int Length = 24_000_000;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_DirectoryIsKilledMidway_FinishesFromTheSource()
    {
        using var folder = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        var file = TestFile.Create(folder.File("share/big.bin"), Length, seed: 3);
        await using var source = await ShareAsync(directory, folder);
        await using var get = RunningPeer.Start(directory, folder.File("other"), "get", "big.bin", "-o", folder.File("got.bin"), "--json");
        await WaitForBytesAsync(get);

        await directory.Program.KillAsync();
        var (code, output) = await get.CompleteAsync(Stop);

        Assert.True(code == 0, output);
        Assert.Equal(await Shell.Sha256SumAsync(file, Stop), await Shell.Sha256SumAsync(folder.File("got.bin"), Stop));
    }

    [Fact]
    public async Task Get_AccountIsDisabledMidway_EndsWithoutTheFile()
    {
        using var folder = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop, more: "--operator-code");
        TestFile.Create(folder.File("share/big.bin"), Length, seed: 4);
        await using var source = await ShareAsync(directory, folder);
        var (boss, bob) = (new Machine(folder, "boss", directory.Address), new Machine(folder, "bob", directory.Address));
        var login = await boss.RunAsync(
            OwnProgram.DirectoryAssembly, [("P2P_PASSWORD", "per12345")], Stop,
            "admin", "login", "--user", "boss", "--code-file", folder.File("directory/operator-code"));
        Assert.True(login.ExitCode == 0, login.Output);
        await using var get = bob.Start(
            OwnProgram.PeerAssembly, [("P2P_PASSWORD", "per12345")], "get", "big.bin", "-o", folder.File("got.bin"), "--user", "bob", "--patience", "1", "--json");
        await WaitForBytesAsync(get);

        var disable = await boss.RunAsync(OwnProgram.DirectoryAssembly, [], Stop, "admin", "accounts", "disable", "bob");
        Assert.True(disable.ExitCode == 0, disable.Output);
        var (code, output) = await get.CompleteAsync(Stop);

        Assert.True(code != 0, output);
        Assert.False(File.Exists(folder.File("got.bin")));
    }

    // Slow enough that the transfer is under way when somebody interferes.
    static async Task<OwnProgram> ShareAsync(RunningDirectory directory, TemporaryFolder folder)
    {
        var source = RunningPeer.Share(
            directory, folder.File("peer"), folder.File("share"), "--bind", "0.0.0.0", "--port", "0", "--limit-up", "2M");
        await directory.WaitForHitAsync("big.bin", Stop);
        return source;
    }

    static async Task WaitForBytesAsync(OwnProgram get)
    {
        while (!SomeBytes().IsMatch(get.Output))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Stop);
        }
    }

    [GeneratedRegex("\"event\":\"progress\",\"done\":[1-9]")]
    private static partial Regex SomeBytes();
}
