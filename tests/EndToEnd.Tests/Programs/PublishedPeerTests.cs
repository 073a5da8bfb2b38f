using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Programs;

/// <summary>
/// The peer as README says to install it: one native program. What it reaches by reflection (messages, their rules, services, what --json prints) is there only
/// if the compiler was told to keep it.
/// </summary>
public sealed class PublishedPeerTests
{
    const int SmallFiles = 200;
    const long MiB = 1 << 20;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_ThePeer_IsANativeProgramThatDoesWhatAPeerDoes()
    {
        using var folder = new TemporaryFolder();
        var peer = await PublishAsync(folder);
        var big = TestFile.Create(folder.File("shared/Canción grande.bin"), (9 * MiB) + 12_345, seed: 11);
        for (var file = 0; file < SmallFiles; file++)
        {
            TestFile.Create(folder.File($"shared/small/{file % 7}/{file}.txt"), 1, seed: file);
        }

        Directory.CreateDirectory(folder.File("shared/small/empty"));
        await using var directory = await RunningDirectory.StartAsync(folder.File("directory"), Stop);
        await using var sharing = Start(peer, directory, folder.File("sharing"), "share", folder.File("shared"), "--json", "--accept", "any", "--inbox", folder.File("inbox"));
        var ready = JsonNode.Parse(await sharing.WaitForAsync("\"ready\"", Stop))!;
        // The large file, and an empty folder, which is shared as one more.
        Assert.Equal(SmallFiles + 2, (int)ready["files"]!);
        var hit = await directory.WaitForHitAsync("cancion grande.bin", Stop);

        var found = await AskAsync("search", "cancion");
        Assert.Equal((string)hit["root"]!, (string)found["hits"]![0]!["root"]!);
        Assert.Equal((await AskAsync("hash", big))["root"]!.ToString(), (string)hit["root"]!);
        Assert.Equal("tester", (string)(await AskAsync("peers"))["peers"]![0]!["user"]!);
        Assert.Equal(8, (await AskAsync("ls", "tester", "shared/small"))["folders"]!.AsArray().Count);

        await AskAsync("get", "Canción grande.bin", "-o", folder.File("got/big.bin"));
        Assert.Equal(await Shell.Sha256SumAsync(big, Stop), await Shell.Sha256SumAsync(folder.File("got/big.bin"), Stop));
        await AskAsync("get", "--from", "tester", "shared/small", "-o", folder.File("got") + "/");
        await Shell.RunAsync("diff", Stop, "-r", folder.File("shared/small"), folder.File("got/small"));
        Assert.Equal(2, (await LinesAsync("history")).Count);

        var gift = TestFile.Create(folder.File("gift.bin"), (3 * MiB) + 1, seed: 12);
        await AskAsync("put", gift, "--to", "tester");
        Assert.Equal(await Shell.Sha256SumAsync(gift, Stop), await Shell.Sha256SumAsync(folder.File("inbox/gift.bin"), Stop));

        await AssertAnswersAsync(new Uri((string)hit["sources"]![0]!["url"]!));
        await sharing.SignalAsync("TERM");
        Assert.Equal(0, (await sharing.CompleteAsync(Stop)).ExitCode);

        async Task<JsonNode> AskAsync(params string[] command) => (await LinesAsync(command))[^1];

        async Task<List<JsonNode>> LinesAsync(params string[] command)
        {
            await using var program = Start(peer, directory, folder.File("asking"), [.. command, "--json"]);
            var (exitCode, output) = await program.CompleteAsync(Stop);
            Assert.True(exitCode == 0, output);
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
        }
    }

    /// <summary>What a peer answers others: rules of the contract are kept, and the document of the routes is there.</summary>
    static async Task AssertAnswersAsync(Uri peer)
    {
        using var http = new HttpClient { BaseAddress = peer };
        using var question = new StringContent("""{"root":"zz","hashes":{"layer":99,"count":-1}}""", Encoding.UTF8, "application/json");
        using var refusal = await http.PostAsync(new Uri("/v1/catalog:describe", UriKind.Relative), question, Stop);
        Assert.Equal(400, (int)refusal.StatusCode);
        var violations = JsonNode.Parse(await refusal.Content.ReadAsStringAsync(Stop))!["details"]![0]!["fieldViolations"]!.AsArray();
        Assert.Equal(["root", "hashes.layer", "hashes.count"], violations.Select(violation => (string)violation!["field"]!));
        var document = JsonNode.Parse(await http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Stop))!;
        Assert.NotNull(document["paths"]!["/v1/catalog:read"]);
    }

    static OwnProgram Start(string peer, RunningDirectory directory, string data, params string[] arguments) => OwnProgram.Start(peer, arguments, new Dictionary<string, string>
    {
        ["P2P_DIRECTORY"] = directory.Address.ToString(),
        ["P2P_USER"] = "tester",
        ["P2P_PASSWORD"] = "per1234",
        ["P2P_DATA"] = data,
    });

    /// <summary>Beside the files of other builds; nothing that builds outlives it. With P2P_PEER that program is taken.</summary>
    static async Task<string> PublishAsync(TemporaryFolder folder)
    {
        if (Environment.GetEnvironmentVariable("P2P_PEER") is { } published)
        {
            return published;
        }

        ForeignTool.Program("gcc", "apt-get install gcc libc6-dev");
        await Shell.RunAsync(
            "dotnet", Stop, "publish", Path.Combine(ForeignTool.RepositoryRoot, "Peer"), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier,
            "--artifacts-path", folder.File("artifacts"), "-o", folder.File("program"), "-v", "q", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false");
        return folder.File("program/peer");
    }
}
