using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Namespaces;

/// <summary>
/// Three hosts in namespaces of this machine's kernel: a hub, and two behind it that reach each other through it. Nothing of it touches the
/// machine's own network. It takes root, and is made only where <c>P2P_NAMESPACES=1</c> asks for it.
/// </summary>
sealed class ThreeNetworks : IAsyncDisposable
{
    const string Variable = "P2P_NAMESPACES";

    static readonly string Ip = "ip";

    readonly string _prefix = $"p2p{Environment.ProcessId}";

    ThreeNetworks()
    {
    }

    public string Hub => _prefix + "hub";

    public string Left => _prefix + "left";

    public string Right => _prefix + "right";

    /// <summary>The hub as the left host sees it; the left host is .2.</summary>
    public const string HubFromLeft = "10.77.1.1";

    public const string HubFromRight = "10.77.2.1";

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<ThreeNetworks> CreateAsync()
    {
        SkipUnlessAskedFor();
        ForeignTool.Program("nft", "apt-get install nftables");
        var networks = new ThreeNetworks();
        try
        {
            foreach (var name in (string[])[networks.Hub, networks.Left, networks.Right])
            {
                await RunAsync("netns", "add", name);
                await RunAsync("-n", name, "link", "set", "lo", "up");
            }

            await networks.LinkAsync(networks.Left, "l", HubFromLeft, "10.77.1.2");
            await networks.LinkAsync(networks.Right, "r", HubFromRight, "10.77.2.2");
            await RunAsync("netns", "exec", networks.Hub, "sysctl", "-qw", "net.ipv4.ip_forward=1");
            // A firewall that is set up later has not seen who began a connection, and takes the hub's next packet for one that comes from outside.
            await FilterAsync(networks.Left, policy: "accept");
            await FilterAsync(networks.Right, policy: "accept");
            return networks;
        }
        catch (Exception)
        {
            await networks.DisposeAsync();
            throw;
        }
    }

    public static void SkipUnlessAskedFor()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(Variable) == "1", $"Makes network namespaces, as root: set {Variable}=1");
        ForeignTool.Program(Ip, "apt-get install iproute2");
    }

    /// <summary>From now on only outgoing connections pass at a host, and what belongs to them.</summary>
    public static Task CloseAsync(string host) => FilterAsync(host, policy: "drop");

    public async ValueTask DisposeAsync()
    {
        foreach (var name in (string[])[Hub, Left, Right])
        {
            await Shell.TryAsync(Ip, CancellationToken.None, "netns", "delete", name);
        }
    }

    async Task LinkAsync(string host, string letter, string hubAddress, string hostAddress)
    {
        var (hubEnd, hostEnd) = ($"p{Environment.ProcessId}{letter}0", $"p{Environment.ProcessId}{letter}1");
        await RunAsync("-n", Hub, "link", "add", hubEnd, "type", "veth", "peer", "name", hostEnd, "netns", host);
        await RunAsync("-n", Hub, "address", "add", hubAddress + "/24", "dev", hubEnd);
        await RunAsync("-n", host, "address", "add", hostAddress + "/24", "dev", hostEnd);
        await RunAsync("-n", Hub, "link", "set", hubEnd, "up");
        await RunAsync("-n", host, "link", "set", hostEnd, "up");
        await RunAsync("-n", host, "route", "add", "default", "via", hubAddress);
    }

    static Task<string> FilterAsync(string host, string policy) => RunAsync(
        "netns", "exec", host, "nft",
        $"add table inet wall; add chain inet wall in {{ type filter hook input priority 0; policy {policy}; }}; "
        + "flush chain inet wall in; add rule inet wall in iif lo accept; add rule inet wall in ct state established,related accept");

    static Task<string> RunAsync(params string[] arguments) => Shell.RunAsync(Ip, Stop, arguments);
}
