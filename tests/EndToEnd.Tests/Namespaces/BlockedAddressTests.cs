using System.Text.Json.Nodes;
using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Namespaces;

/// <summary>
/// Row "Internal network; U; SSRF via Login address, Descargar" of the threat model, in a namespace that has all the addresses that must
/// never be dialled. The directory's operator has allowed peers to name any: only the address policy is left.
/// </summary>
public sealed class BlockedAddressTests
{
    const string Name = "veth0";
    const string Public = "10.77.9.1";

    static readonly string[] Addresses =
    [
        Public + "/32", "169.254.169.254/32", "169.254.7.7/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "192.0.0.8/32", "240.0.0.1/32",
        "fe80::5/64", "fd00:ec2::254/128", "64:ff9b::7f00:1/128", "64:ff9b:1::7f00:1/128", "2001::7f00:1/128", "2002:7f00:1::/128",
    ];

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LoginAndDescargar_TenThousandNamingBlockedAddresses_ConnectToNone()
    {
        await using var network = await OneNetwork.CreateAsync();
        await network.RunAsync("link", "add", Name, "type", "veth", "peer", "name", "veth1");
        await network.RunAsync("link", "set", "veth1", "up");
        await network.RunAsync("link", "set", Name, "up");
        foreach (var address in Addresses)
        {
            await network.RunAsync(["address", "add", address, "dev", Name, .. address.Contains(':') ? ["nodad"] : Array.Empty<string>()]);
        }

        using var folder = new TemporaryFolder();
        await using var directory = OwnProgram.Start(
            OwnProgram.DirectoryAssembly,
            [
                "--urls", $"http://{Public}:5000", "--allow-plaintext", "--access", "open", "--data", folder.File("directory"),
                "--allow-foreign", "0.0.0.0/0", "--allow-foreign", "::/0",
            ],
            network: network.Host);
        await directory.WaitForAsync("http://", Stop);
        var script = Path.Combine(ForeignTool.RepositoryRoot, "tests", "EndToEnd.Tests", "Namespaces", "blocked_addresses.py");
        var said = JsonNode.Parse(await Shell.RunAsync(
            "ip", Stop, "netns", "exec", network.Host, ForeignTool.Program("python3", "apt-get install python3"), script, Public, "5000", "10000", Public))!;

        Assert.All(said["connections"]!.AsObject(), listener => Assert.Equal((listener.Key, 0), (listener.Key, (int)listener.Value!)));
        Assert.Equal(19, said["connections"]!.AsObject().Count);
        Assert.Equal("""{"/login 400":10000,"/descargar 404":10000}""", said["answers"]!.ToJsonString());
        Assert.Equal((1, true), ((int)said["control"]!, (bool)said["controlReachable"]!));
    }
}
