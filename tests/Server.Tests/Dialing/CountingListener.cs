using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace P2P.Server.Tests.Dialing;

/// <summary>A real listener that counts who connects, and what they send.</summary>
sealed class CountingListener : IAsyncDisposable
{
    readonly TcpListener _listener;
    readonly byte[] _answer;
    readonly Task _accepting;
    readonly ConcurrentDictionary<int, Task<int>> _connections = new();

    /// <param name="address">Where it listens; null for 127.0.0.1.</param>
    /// <param name="port">0 for any that is free.</param>
    /// <param name="answer">What it says to whoever said something.</param>
    public CountingListener(IPAddress? address = null, int port = 0, string answer = "")
    {
        _answer = Encoding.ASCII.GetBytes(answer);
        _listener = new TcpListener(address ?? IPAddress.Loopback, port);
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connected so far and how many bytes they sent; they have all ended.</summary>
    public async Task<(int Connections, int Bytes)> CountAsync()
    {
        // The queue of a listener is in order: when the last one has been accepted, so have those before it.
        using var last = new TcpClient(_listener.LocalEndpoint.AddressFamily);
        await last.ConnectAsync((IPEndPoint)_listener.LocalEndpoint);
        var own = ((IPEndPoint)last.Client.LocalEndPoint!).Port;
        await Wait.UntilAsync(() => _connections.ContainsKey(own));
        Assert.True(_connections.TryRemove(own, out _));
        return (_connections.Count, (await Task.WhenAll(_connections.Values)).Sum());
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _connections[((IPEndPoint)client.Client.RemoteEndPoint!).Port] = ReadAsync(client);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task<int> ReadAsync(TcpClient client)
    {
        using var held = client;
        var (all, buffer) = (0, new byte[1024]);
        try
        {
            while (await client.GetStream().ReadAsync(buffer) is > 0 and var count)
            {
                all += count;
                await client.GetStream().WriteAsync(_answer);
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }

        return all;
    }
}
