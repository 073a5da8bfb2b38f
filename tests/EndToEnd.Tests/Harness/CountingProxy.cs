using System.Net;
using System.Net.Sockets;

namespace P2P.EndToEnd.Tests.Harness;

/// <summary>A TCP proxy on loopback.</summary>
public sealed class CountingProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly IPEndPoint _target;
    readonly Task _accepting;
    readonly Traffic _traffic;

    public CountingProxy(int targetPort, Traffic traffic)
    {
        _traffic = traffic;
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _traffic.Release();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        var connections = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(connections);
    }

    async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var target = new TcpClient())
        {
            try
            {
                await target.ConnectAsync(_target, _stop.Token);
                await Task.WhenAny(
                    CopyAsync(client.GetStream(), target.GetStream(), counted: false),
                    CopyAsync(target.GetStream(), client.GetStream(), counted: true));
            }
            catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
            {
                // Either end went away, or the proxy stops: both ends are closed below, which is all a proxy can say.
                client.Close();
            }
        }
    }

    async Task CopyAsync(NetworkStream from, NetworkStream to, bool counted)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            if (counted)
            {
                await _traffic.PassAsync(buffer, read);
            }

            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }
}
