using System.Net;
using P2P.Content;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.Fetching;

/// <summary>Downloads over connections that break in every way: exact bytes, and no hang.</summary>
public sealed class NetworkFaultTests
{
    static readonly FetchOptions Options = new()
    {
        Patience = TimeSpan.FromSeconds(30),
        LocateAgain = TimeSpan.FromMilliseconds(50),
        Scheduler = SchedulerOptions.Default with { FirstRetry = TimeSpan.FromMilliseconds(5), MaxFailures = 100 },
        Source = new VerifiedSourceOptions { Silence = Inactivity.Always(TimeSpan.FromSeconds(2)) },
    };

    readonly Sample _sample = new(3 * 1024 * 1024 + 7, seed: 1);

    /// <summary>Schedules: 8, or P2P_FAULT_SCHEDULES of them; the number is the seed.</summary>
    public static TheoryData<int> Schedules => new(Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable("P2P_FAULT_SCHEDULES"), out int asked) ? asked : 8));

    [Theory]
    [MemberData(nameof(Schedules))]
    public async Task Fetch_OverBreakingConnections_IsExact(int seed)
    {
        using TemporaryFolder folder = new();
        await using ServiceHost source = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _sample));
        await using FaultProxy first = new(source.Port, seed, NetworkFault.Delay, NetworkFault.Reset, NetworkFault.HalfOpen);
        await using FaultProxy second = new(source.Port, -seed, NetworkFault.Delay, NetworkFault.Reset, NetworkFault.None);

        FileResult result = await LyingSourceTests.FetchAsync(_sample, folder["file.bin"], Options, PeerAt(first, "first"), PeerAt(second, "second"));

        Assert.Null(result.Problem);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(folder["file.bin"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Fetch_OnlyOverConnectionsThatFallSilent_FindsThatOutAndFinishes()
    {
        using TemporaryFolder folder = new();
        await using ServiceHost source = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _sample));
        await using FaultProxy proxy = new(source.Port, 42, NetworkFault.HalfOpen);

        FileResult result = await LyingSourceTests.FetchAsync(_sample, folder["file.bin"], Options with { Patience = TimeSpan.FromMinutes(2) }, PeerAt(proxy, "proxied"));

        Assert.Null(result.Problem);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(folder["file.bin"], TestContext.Current.CancellationToken));
    }

    static SourcePeer PeerAt(FaultProxy proxy, string name) => new(name, name, new PeerEndpoint(IPAddress.Loopback, proxy.Port, secure: false));
}
