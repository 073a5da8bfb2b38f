using System.Net;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Server.Catalogs;
using P2P.Server.Dialing;

namespace P2P.Server.Tests.Dialing;

/// <summary>What is dialled, by a probe that counts; sockets are in <see cref="DialBackCallTests"/>.</summary>
public sealed class DialBackTests
{
    static readonly string[] Never =
    [
        "127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "169.254.1.1", "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "fd00:ec2::254", "fe80::1", "224.0.0.1", "239.255.255.255", "ff02::1", "0.0.0.0", "0.1.2.3", "::", "240.0.0.1", "255.255.255.255", "192.0.0.8",
        "::7f00:1", "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::7f00:1", "2002:7f00:1::",
    ];

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dial_BlockedAddressesAndPorts_NeverInTenThousandTries()
    {
        var probe = new Probe();
        await using var dialBack = Create(probe, new DialPolicy());
        for (var i = 0; i < 10_000; i++)
        {
            var isLowPort = i % (Never.Length + 1) == Never.Length;
            var peer = Peer(isLowPort ? "192.0.2.1" : Never[i % (Never.Length + 1)], isLowPort ? 1 + (i % 1023) : 5001 + (i % 1000));
            Assert.Same(DialHistory.None, await dialBack.GreetAsync(peer.Identity, None));
            Assert.False(await dialBack.ReachesAsync(peer, None));
            await dialBack.RefreshAsync(peer);
        }

        Assert.Empty(probe.Dialled);
        Assert.True((await dialBack.GreetAsync(Peer("192.0.2.1", 5001).Identity, None)).Answered);
    }

    [Fact]
    public async Task Dial_TlsWithoutAProvenKey_Never()
    {
        var probe = new Probe();
        await using var dialBack = Create(probe);
        Assert.False((await dialBack.GreetAsync(Peer("192.0.2.1", 5001, secure: true).Identity, None)).Answered);
        Assert.Empty(probe.Dialled);
        Assert.True((await dialBack.GreetAsync(Peer("192.0.2.1", 5001, secure: true, verified: true).Identity, None)).Answered);
    }

    [Fact]
    public async Task Dial_OneTargetForMany_IsDialledOnceAtATime()
    {
        var probe = new Probe { Answer = new() };
        await using var dialBack = Create(probe);
        var waiting = Enumerable.Range(0, 100).Select(_ => dialBack.GreetAsync(Peer("192.0.2.1", 5001).Identity, None)).ToList();
        await Wait.UntilAsync(() => probe.Dialled.Count > 0);
        probe.Answer.SetResult(true);
        Assert.All(await Task.WhenAll(waiting), history => Assert.True(history.Answered));
        Assert.Single(probe.Dialled);
    }

    [Fact]
    public async Task Dial_MoreThanAtOnce_TheRestIsNotDialledAndNotMadeToWait()
    {
        var probe = new Probe { Answer = new() };
        await using var dialBack = Create(probe, options: new DialBackOptions { AtOnce = 2 });
        var two = Enumerable.Range(1, 2).Select(i => dialBack.GreetAsync(Peer($"192.0.2.{i}", 5001).Identity, None)).ToList();
        Assert.Same(DialHistory.None, await dialBack.GreetAsync(Peer("192.0.2.3", 5001).Identity, None));
        probe.Answer.SetResult(true);
        Assert.All(await Task.WhenAll(two), history => Assert.True(history.Answered));
        Assert.True((await dialBack.GreetAsync(Peer("192.0.2.3", 5001).Identity, None)).Answered);
    }

    [Fact]
    public async Task Reaches_AnotherPeerAnswersThere_IsNotTakenForIt()
    {
        var index = new CatalogIndex();
        var (there, behind) = (Peer("192.0.2.1", 5001, verified: true), Peer("192.0.2.1", 5001, verified: true));
        index.Add(there);
        index.Add(behind);
        await using var dialBack = new DialBack(index, new DialPolicy(), new Probe(), new DialBackOptions(), new FakeTimeProvider());
        Assert.True(await dialBack.ReachesAsync(there, None));
        Assert.False(await dialBack.ReachesAsync(behind, None));
        index.Remove(there);
        Assert.True(await dialBack.ReachesAsync(behind, None));
    }

    /// <summary>Over TLS the key tells: whoever has it is there, and whoever was taken for it is not.</summary>
    [Fact]
    public async Task Reaches_KeyOfAnotherPeerAnswers_OnlyThatOneIsReachable()
    {
        var index = new CatalogIndex();
        var (first, second) = (Peer("192.0.2.1", 5001, true, true), Peer("192.0.2.1", 5001, true, true));
        index.Add(first);
        index.Add(second);
        var probe = new Probe { Key = second.PeerId };
        await using var dialBack = new DialBack(index, new DialPolicy(), probe, new DialBackOptions { PerTarget = 100 }, new FakeTimeProvider());
        Assert.False(await dialBack.ReachesAsync(first, None));
        Assert.True(await dialBack.ReachesAsync(second, None));
        // The router forwards to the other one now.
        probe.Key = first.PeerId;
        Assert.True(await dialBack.ReachesAsync(first, None));
        Assert.False(second.Reachable);
        probe.Key = second.PeerId;
        Assert.True((await dialBack.GreetAsync(second.Identity, None)).Answered);
        Assert.False(first.Reachable);
    }

    [Fact]
    public async Task Dispose_WhileItDials_EndsThatAndDialsNoMore()
    {
        var probe = new Probe { Answer = new() };
        var dialBack = Create(probe);
        var waiting = dialBack.GreetAsync(Peer("192.0.2.1", 5001).Identity, None);
        await Wait.UntilAsync(() => probe.Dialled.Count > 0);
        await dialBack.DisposeAsync();
        Assert.False((await waiting).Answered);
        Assert.Same(DialHistory.None, await dialBack.GreetAsync(Peer("192.0.2.2", 5001).Identity, None));
    }

    static DialBack Create(Probe probe, DialPolicy? policy = null, DialBackOptions? options = null) =>
        new(new CatalogIndex(), policy ?? new DialPolicy(), probe, options ?? new DialBackOptions(), new FakeTimeProvider());

    static LivePeer Peer(string ip, int port, bool secure = false, bool verified = false) => new(
        new PeerIdentity(
            Guid.NewGuid().ToString("n"), "ana", "", new PeerEndpoint(IPAddress.Parse(ip), port, secure), [], verified, DateTimeOffset.UnixEpoch, null),
        PeerCatalog.Empty);

    /// <summary>Answers always, or when the test says so.</summary>
    sealed class Probe : IDialProbe
    {
        readonly Lock _lock = new();
        readonly List<PeerEndpoint> _dialled = [];

        public TaskCompletionSource<bool>? Answer { get; init; }

        public IReadOnlyList<PeerEndpoint> Dialled
        {
            get
            {
                lock (_lock)
                {
                    return [.. _dialled];
                }
            }
        }

        /// <summary>The key that answers; null for whatever is asked for.</summary>
        public string? Key { get; set; }

        public Task<bool> AnswersAsync(PeerEndpoint target, string? print, TimeSpan limit, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                _dialled.Add(target);
            }

            return Answer is null ? Task.FromResult(Key is null || Key == print) : Answer.Task.WaitAsync(cancellationToken);
        }
    }
}
