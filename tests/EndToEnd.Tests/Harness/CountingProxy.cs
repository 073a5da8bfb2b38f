using System.Net;
using System.Net.Sockets;

namespace P2P.EndToEnd.Tests.Harness;

/// <summary>A TCP proxy on loopback: counts the bytes that really went past, and can hold them up at a mark.</summary>
public sealed class CountingProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly IPEndPoint _target;
    readonly Task _accepting;
    long _downstream;
    long _holdAt = long.MaxValue;
    long _flipAt = long.MaxValue;
    TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CountingProxy(int targetPort)
    {
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Bytes that the target sent and that were passed on, over all connections.</summary>
    public long Downstream => Volatile.Read(ref _downstream);

    /// <summary>Stops passing bytes on once this many went past in all; completes when that happens.</summary>
    public Task HoldAt(long bytes)
    {
        _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _holdAt, bytes);
        return _held.Task;
    }

    /// <summary>Lets the bytes flow again.</summary>
    public void Release()
    {
        Volatile.Write(ref _holdAt, long.MaxValue);
        _released.TrySetResult();
    }

    /// <summary>Flips one bit of the byte that goes past next after this many.</summary>
    public void FlipBitAt(long bytes) => Volatile.Write(ref _flipAt, bytes);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Release();
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
                await CountAsync(buffer, read);
            }

            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }

    async Task CountAsync(byte[] buffer, int read)
    {
        var past = Interlocked.Add(ref _downstream, read);
        if (past > Volatile.Read(ref _flipAt))
        {
            Volatile.Write(ref _flipAt, long.MaxValue);
            buffer[read - 1] ^= 1;
        }

        if (past >= Volatile.Read(ref _holdAt))
        {
            _held.TrySetResult();
            await _released.Task;
        }
    }
}
