using System.Text.Json.Nodes;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Namespaces;

/// <summary>Peers behind firewalls that let only outgoing connections pass, over TLS throughout.</summary>
public sealed class FirewallTests
{
    const long Length = 50L * 1024 * 1024 + 3;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_OnlyOutgoingConnectionsPass_IsRelayedAndStatusSaysSo()
    {
        using var folder = new TemporaryFolder();
        await using var networks = await ThreeNetworks.CreateAsync();
        var file = TestFile.Create(folder.File("big/big.bin"), Length, seed: 21);
        await using var directory = await DirectoryAsync(networks, folder);
        var left = new Host(networks.Left, ThreeNetworks.HubFromLeft, folder.File("left"));
        var right = new Host(networks.Right, ThreeNetworks.HubFromRight, folder.File("right"));
        await using var source = left.Start("share", folder.File("big"), "--bind", "10.77.1.2", "--json");
        await source.WaitForAsync("\"published\",\"files\":1", Stop);

        Assert.DoesNotContain("relayed", await right.RunAsync("get", "big.bin", "-o", folder.File("open.bin")), StringComparison.Ordinal);
        await ThreeNetworks.CloseAsync(networks.Left);
        await ThreeNetworks.CloseAsync(networks.Right);
        Assert.Contains("relayed", await right.RunAsync("get", "big.bin", "-o", folder.File("closed.bin")), StringComparison.Ordinal);
        Assert.Equal(await Shell.Sha256SumAsync(file, Stop), await Shell.Sha256SumAsync(folder.File("closed.bin"), Stop));
        Assert.Contains("relayed: 0 now, 1 since the start", await left.RunAsync("status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_OnlyTheSourceIsClosed_ItDialsOut()
    {
        using var folder = new TemporaryFolder();
        await using var networks = await ThreeNetworks.CreateAsync();
        var file = TestFile.Create(folder.File("big/big.bin"), Length, seed: 22);
        Directory.CreateDirectory(folder.File("empty"));
        await using var directory = await DirectoryAsync(networks, folder);
        var left = new Host(networks.Left, ThreeNetworks.HubFromLeft, folder.File("left"));
        var right = new Host(networks.Right, ThreeNetworks.HubFromRight, folder.File("right"));
        await ThreeNetworks.CloseAsync(networks.Left);
        await using var source = left.Start("share", folder.File("big"), "--bind", "10.77.1.2", "--json");
        await source.WaitForAsync("\"published\",\"files\":1", Stop);
        await using var fetcher = right.Start(
            "share", folder.File("empty"), "--bind", "10.77.2.2", "--downloads", folder.File("downloads"), "--json");
        var peerId = (string)JsonNode.Parse(await fetcher.WaitForAsync("\"online\"", Stop))!["peerId"]!;
        while (!(await right.RunAsync("status")).Contains("Control line open", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Stop);
        }

        await right.RunAsync("fetch", "--on", peerId, "big.bin");
        Assert.Equal(await Shell.Sha256SumAsync(file, Stop), await Shell.Sha256SumAsync(folder.File("downloads/big.bin"), Stop));
        Assert.Contains("fetched from, dialled out: 1", await right.RunAsync("status"), StringComparison.Ordinal);
        Assert.Contains("dialled out:", await left.RunAsync("status"), StringComparison.Ordinal);
    }

    static async Task<OwnProgram> DirectoryAsync(ThreeNetworks networks, TemporaryFolder folder)
    {
        await Shell.RunAsync(
            ForeignTool.Program("openssl", "apt-get install openssl"), Stop, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "30", "-subj", "/CN=directory", "-keyout", folder.File("key.pem"), "-out", folder.File("crt.pem"));
        var program = OwnProgram.Start(
            OwnProgram.DirectoryAssembly, ["--urls", "https://0.0.0.0:5000", "--access", "open", "--data", folder.File("directory")],
            new Dictionary<string, string>
            {
                ["Kestrel__Certificates__Default__Path"] = folder.File("crt.pem"),
                ["Kestrel__Certificates__Default__KeyPath"] = folder.File("key.pem"),
            },
            networks.Hub);
        await program.WaitForAsync("https://", Stop);
        return program;
    }

    /// <summary>A host with one peer on it.</summary>
    sealed record Host(string Namespace, string Hub, string Data)
    {
        Dictionary<string, string> Settings => new()
        {
            ["P2P_DIRECTORY"] = $"https://{Hub}:5000",
            ["P2P_USER"] = "tester",
            ["P2P_PASSWORD"] = "per1234",
            ["P2P_DATA"] = Data,
            ["XDG_CONFIG_HOME"] = Data,
        };

        public OwnProgram Start(params string[] arguments) => OwnProgram.Start(OwnProgram.PeerAssembly, arguments, Settings, Namespace);

        /// <summary>What a command printed that went well.</summary>
        public async Task<string> RunAsync(params string[] arguments)
        {
            await using var program = Start(arguments);
            var (exitCode, output) = await program.CompleteAsync(Stop);
            Assert.True(exitCode == 0, output);
            return output;
        }
    }
}
