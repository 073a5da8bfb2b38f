using System.Text.Json.Nodes;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Transfers;

/// <summary>A POST makes a running daemon fetch what another one shares.</summary>
public sealed class FetchTests
{
    const long Length = 200L * 1024 * 1024 + 7;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_PostedWithCurl_IsWholeOnTheOtherPeer()
    {
        using var folder = new TemporaryFolder();
        var file = TestFile.Create(folder.File("big/big.bin"), Length, seed: 11);
        Directory.CreateDirectory(folder.File("empty"));
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var source = RunningPeer.Share(directory, folder.File("source"), folder.File("big"));
        await using var fetcher = RunningPeer.Share(
            directory, folder.File("fetcher"), folder.File("empty"), "--downloads", folder.File("downloads"), "--json");
        var hit = await directory.WaitForHitAsync("big.bin", Stop);
        var peerId = await OnlineAsync(fetcher);
        var token = await TokenAsync(directory);

        // The daemon opens its line after its login; whoever asks in between is told to come back.
        string output;
        do
        {
            output = await FetchAsync(directory, token, peerId, (string)hit["root"]!);
        }
        while (output.Contains("NO_CONTROL_LINE", StringComparison.Ordinal));

        var last = JsonNode.Parse(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!;
        Assert.True((string?)last["state"] == "TRANSFER_STATE_DONE", output);
        Assert.Equal(("big.bin", $"{Length}", 1), ((string?)last["path"], (string?)last["bytesDone"], (int?)last["sources"]));
        Assert.Equal(await Shell.Sha256SumAsync(file, Stop), await Shell.Sha256SumAsync(folder.File("downloads/big.bin"), Stop));

        var (exitCode, said) = await RunningPeer.RunAsync(
            directory, folder.File("other"), Stop, "fetch", "--on", peerId, "big.bin", "--path", "a/../b");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("component", said, StringComparison.Ordinal);
        (exitCode, said) = await RunningPeer.RunAsync(
            directory, folder.File("other"), Stop, "fetch", "--on", peerId, "big.bin", "--path", "a/b.bin");
        Assert.True(exitCode == 0, said);
        Assert.Equal(await Shell.Sha256SumAsync(file, Stop), await Shell.Sha256SumAsync(folder.File("downloads/a/b.bin"), Stop));
    }

    static Task<string> FetchAsync(RunningDirectory directory, string token, string peerId, string root) => Shell.RunAsync(
        Shell.Curl, Stop, "-sS", "-N", "-H", "content-type: application/json", "-H", $"authorization: Bearer {token}",
        "-d", $$"""{"peerId":"{{peerId}}","root":"{{root}}"}""", new Uri(directory.Address, "/v1/fetch").ToString());

    static async Task<string> OnlineAsync(OwnProgram peer) =>
        (string)JsonNode.Parse(await peer.WaitForAsync("\"online\"", Stop))!["peerId"]!;

    static async Task<string> TokenAsync(RunningDirectory directory)
    {
        var (_, login) = await directory.PostAsync("/login", """{"user":"tester","password":"per1234","reader":true}""", Stop);
        return (string)login["token"]!;
    }
}
