using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Peers.Dialing;

namespace P2P.Peers.Tests.Dialing;

public sealed class PeerRoutesTests : IDisposable
{
    readonly FakeTimeProvider _time = new();
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    int _detours;
    int _port;

    public PeerRoutesTests() => _listener.Start();

    static CancellationToken None => TestContext.Current.CancellationToken;

    PeerEndpoint Endpoint => new(IPAddress.Loopback, _port, secure: false);

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Connect_Answers_IsDirectAndNeedsNoDetour()
    {
        var routes = Routes(hasDetour: true);
        await using var stream = await routes.ConnectAsync(Endpoint, "peer", reachable: true, None);
        Assert.Equal((PeerRoute.Direct, 0), (routes.Of("peer"), _detours));
    }

    [Fact]
    public async Task Connect_NotReachable_IsNotDialled()
    {
        var routes = Routes(hasDetour: true);
        Assert.Same(Stream.Null, await routes.ConnectAsync(Endpoint, "peer", reachable: false, None));
        Assert.Equal((PeerRoute.Relayed, false), (routes.Of("peer"), _listener.Pending()));
        Assert.Null(routes.Of("other"));
    }

    [Fact]
    public async Task Connect_DialFails_RemembersItForAMinute()
    {
        var routes = Routes(hasDetour: true);
        _listener.Stop();
        await routes.ConnectAsync(Endpoint, "peer", reachable: true, None);
        _listener.Start();
        await routes.ConnectAsync(Endpoint, "peer", reachable: true, None);
        Assert.Equal((PeerRoute.Relayed, 2), (routes.Of("peer"), _detours));

        _time.Advance(TimeSpan.FromMinutes(1));
        _port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        await using var stream = await routes.ConnectAsync(Endpoint, "peer", reachable: true, None);
        Assert.Equal((PeerRoute.Direct, 2), (routes.Of("peer"), _detours));
    }

    [Fact]
    public async Task Connect_NoWay_SaysWhatWasWrongWithTheDirectOne()
    {
        var routes = Routes(hasDetour: false);
        _listener.Stop();
        var failure = await Assert.ThrowsAsync<SocketException>(async () => await routes.ConnectAsync(Endpoint, "peer", reachable: true, None));
        Assert.Equal(SocketError.ConnectionRefused, failure.SocketErrorCode);
        // Once more it goes round first, and then looks whether the peer is back.
        await Assert.ThrowsAsync<SocketException>(async () => await routes.ConnectAsync(Endpoint, "peer", reachable: true, None));
        var unreachable = await Assert.ThrowsAsync<IOException>(async () => await routes.ConnectAsync(Endpoint, "peer", reachable: false, None));
        Assert.Contains("No relay.", unreachable.Message, StringComparison.Ordinal);
        Assert.Null(routes.Of("peer"));
    }

    PeerRoutes Routes(bool hasDetour)
    {
        _port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        return new PeerRoutes(
            (_, _) =>
            {
                _detours++;
                return hasDetour
                    ? Task.FromResult(new ReachedPeer(Stream.Null, PeerRoute.Relayed))
                    : throw new RpcException(new Status(StatusCode.Unavailable, "No relay."));
            },
            _time);
    }
}
