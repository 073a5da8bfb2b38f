using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using P2P.Content;

namespace P2P.Peers.Dialing;

/// <summary>How a peer was reached.</summary>
public enum PeerRoute
{
    /// <summary>It was dialled.</summary>
    Direct,

    /// <summary>It was asked to dial, and did.</summary>
    DialledOut,

    /// <summary>Through the directory, which reads nothing of it.</summary>
    Relayed,
}

/// <summary>A stream to a peer.</summary>
public sealed record ReachedPeer(Stream Stream, PeerRoute Route);

/// <summary>
/// Ways to a peer: directly where it can be dialled; else by the detour, which has it dial out or meets it on a relay. What goes over
/// the stream is the same in all cases, TLS included.
/// </summary>
/// <param name="detour">Reaches a peer by its identifier; throws <see cref="RpcException"/> where there is no such way.</param>
/// <param name="time">The clock.</param>
public sealed class PeerRoutes(Func<string, CancellationToken, Task<ReachedPeer>> detour, TimeProvider time)
{
    /// <summary>All ways together may take so long.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    readonly ConcurrentDictionary<string, PeerRoute> _routes = new();
    readonly ConcurrentDictionary<string, long> _failed = new();

    /// <summary>How a peer was reached last; null if it was not.</summary>
    public PeerRoute? Of(string peerId) => _routes.TryGetValue(peerId, out PeerRoute route) ? route : null;

    /// <summary>Peers that were reached, and how.</summary>
    public IReadOnlyList<KeyValuePair<string, PeerRoute>> All => [.. _routes];

    /// <param name="endpoint">Where it is dialled.</param>
    /// <param name="peerId">Who it is.</param>
    /// <param name="reachable">Whether the directory thinks that it can be dialled.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="SocketException">No way leads there; this is what was wrong with the direct one.</exception>
    /// <exception cref="IOException">No way leads there, and it was not dialled.</exception>
    public async ValueTask<Stream> ConnectAsync(PeerEndpoint endpoint, string peerId, bool reachable, CancellationToken cancellationToken)
    {
        bool dialFirst = reachable && !FailedLately(peerId);
        SocketException? failure = null;
        if (dialFirst)
        {
            try
            {
                return Took(peerId, new ReachedPeer(await DialAsync(endpoint, cancellationToken), PeerRoute.Direct));
            }
            catch (SocketException e)
            {
                failure = e;
                _failed[peerId] = time.GetTimestamp();
            }
        }

        try
        {
            return Took(peerId, await detour(peerId, cancellationToken));
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (failure is not null)
                throw failure;
            if (!reachable)
                throw new IOException($"It cannot be dialled, and: {e.Status.Detail}", e);
        }

        // It failed a while ago and may be back.
        return Took(peerId, new ReachedPeer(await DialAsync(endpoint, cancellationToken), PeerRoute.Direct));
    }

    bool FailedLately(string peerId) => _failed.TryGetValue(peerId, out long at) && time.GetElapsedTime(at) < Memory;

    Stream Took(string peerId, ReachedPeer reached)
    {
        _routes[peerId] = reached.Route;
        if (reached.Route == PeerRoute.Direct)
            _failed.TryRemove(peerId, out _);
        return reached.Stream;
    }

    async Task<Stream> DialAsync(PeerEndpoint endpoint, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(DialLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        Socket socket = new(endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(endpoint.Address, endpoint.Port), either.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }
}
