using System.Net.Sockets;
using Grpc.Net.Client;
using P2P.Peers.Local.V1;

namespace P2P.Peers.Local;

/// <summary>A line to the running daemon of a data folder.</summary>
sealed class LocalDaemon : IDisposable
{
    readonly SocketsHttpHandler _handler;
    readonly GrpcChannel _channel;

    LocalDaemon(SocketsHttpHandler handler, GrpcChannel channel)
    {
        _handler = handler;
        _channel = channel;
        Client = new Daemon.DaemonClient(channel);
    }

    public Daemon.DaemonClient Client { get; }

    /// <summary>Null if no daemon runs there.</summary>
    public static LocalDaemon? TryConnect(DaemonFiles files)
    {
        if (!File.Exists(files.Socket) || IsFree(files))
        {
            return null;
        }

        var handler = new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(files.Socket, cancellationToken) };
        return new LocalDaemon(handler, GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler }));
    }

    public void Dispose()
    {
        _channel.Dispose();
        _handler.Dispose();
    }

    // A daemon that was killed leaves its socket, but not its lock.
    static bool IsFree(DaemonFiles files)
    {
        using var taken = files.TryLock();
        return taken is not null;
    }

    static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
