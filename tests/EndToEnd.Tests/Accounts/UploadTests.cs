using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Accounts;

/// <summary>An inbox for some accounts only.</summary>
public sealed class UploadTests
{
    [Theory]
    [InlineData("127.0.0.1", "options")]
    [InlineData("0.0.0.0", "options")]
    [InlineData("0.0.0.0", "variable")]
    [InlineData("0.0.0.0", "file")]
    public async Task Put_ToAnInboxForSomeAccounts_IsTakenFromTheseOnly(string bind, string saidBy)
    {
        var stop = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), stop);
        TestFile.Create(folder.File("share/marker.bin"), 1000, seed: 1);
        var settings = folder.File("settings.json");
        await File.WriteAllTextAsync(settings, saidBy == "file" ? """{"accept":["from:alice","from:bob"]}""" : "{}", stop);
        var variables = new Dictionary<string, string> { ["P2P_CONFIG"] = settings, ["P2P_ACCEPT"] = saidBy == "variable" ? "from:alice,from:bob" : "" };
        string[] accept = saidBy == "options" ? ["--accept", "from:alice", "--accept", "from:bob"] : [];
        await using var receiver = RunningPeer.Share(
            directory, folder.File("peer"), variables,
            [folder.File("share"), "--bind", bind, "--port", "0", .. accept, "--inbox", folder.File("inbox"), "--limit-in", "100M"]);
        await directory.WaitForHitAsync("marker.bin", stop);

        foreach (var (user, code) in (IEnumerable<(string, int)>)[("alice", 0), ("bob", 0), ("eve", 3)])
        {
            var file = TestFile.Create(folder.File($"{user}/{user}.bin"), 700_000, seed: user.Length);
            var machine = new Machine(folder, user, directory.Address);
            var (exit, output) = await machine.RunAsync(
                OwnProgram.PeerAssembly, [("P2P_PASSWORD", "per12345")], stop, "put", file, "--to", "tester", "--user", user);

            Assert.True(exit == code, $"{user}: {exit}\n{output}");
            if (code != 0)
            {
                Assert.Contains("accounts that its owner has named", output, StringComparison.Ordinal);
                continue;
            }

            Assert.Equal(await Shell.Sha256SumAsync(file, stop), await Shell.Sha256SumAsync(folder.File($"inbox/{user}.bin"), stop));
        }

        Assert.Equal(2, Directory.GetFiles(folder.File("inbox")).Length);
    }
}
