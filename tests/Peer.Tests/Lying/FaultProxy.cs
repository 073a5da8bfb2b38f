using System.Net;
using System.Net.Sockets;

namespace P2P.Peers.Tests.Lying;

/// <summary>What a proxied connection suffers, once some bytes went past.</summary>
public enum NetworkFault
{
    None,

    /// <summary>Each further chunk comes late.</summary>
    Delay,

    /// <summary>The connection is reset.</summary>
    Reset,

    /// <summary>Nothing passes any more, and nobody is told.</summary>
    HalfOpen,
}

/// <summary>A TCP proxy on loopback whose faults follow from its seed: the same schedule every time.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Random _random;
    readonly int _target;
    readonly NetworkFault[] _faults;
    readonly Task _accepting;

    /// <param name="faults">Each connection gets one of them.</param>
    public FaultProxy(int target, int seed, params NetworkFault[] faults)
    {
        (_target, _random, _faults) = (target, new Random(seed), faults);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync(_stop.Token);
                connections.Add(PassAsync(client, _faults[_random.Next(_faults.Length)], after: _random.Next(100_000, 1_000_000), delay: _random.Next(1, 40)));
            }
        }
        finally
        {
            await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task PassAsync(Socket client, NetworkFault fault, long after, int delay)
    {
        using Socket server = new(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            Task up = CopyAsync(client, server, NetworkFault.None, long.MaxValue, 0);
            await CopyAsync(server, client, fault, after, delay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (fault == NetworkFault.Reset)
                client.LingerState = new LingerOption(true, 0);
        }

        server.Close();
    }

    async Task CopyAsync(Socket from, Socket to, NetworkFault fault, long after, int delay)
    {
        byte[] buffer = new byte[16 * 1024];
        for (int read; (read = await from.ReceiveAsync(buffer, _stop.Token)) > 0; after -= read)
        {
            if (after < 0 && fault == NetworkFault.Delay)
                await Task.Delay(TimeSpan.FromMilliseconds(delay), TimeProvider.System, _stop.Token);
            if (after < 0 && fault == NetworkFault.Reset)
                return;
            if (after < 0 && fault == NetworkFault.HalfOpen)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
            for (int sent = 0; sent < read;)
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
