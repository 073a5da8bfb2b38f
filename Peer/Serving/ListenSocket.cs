using System.Net;
using System.Net.Sockets;

namespace P2P.Peers.Serving;

/// <summary>Binds the socket that Kestrel then listens on, so that no other program can take a port between choosing and using it.</summary>
static class ListenSocket
{
    const int FirstPort = 5001;
    const int Ports = 100;

    /// <summary>A bound socket.</summary>
    /// <param name="address">Where.</param>
    /// <param name="port">0 for any; null for 5001 or the next one that is free.</param>
    /// <exception cref="IOException">The port, or all of them, are taken, or the address is not this machine's.</exception>
    public static Socket Bind(IPAddress address, int? port)
    {
        if (port is { } wanted)
        {
            return TryBind(address, wanted)
                ?? throw new IOException($"Port {wanted} is taken. Give another with --port, or leave it out for the next free one.");
        }

        return Enumerable.Range(FirstPort, Ports).Select(number => TryBind(address, number)).FirstOrDefault(socket => socket is not null)
            ?? throw new IOException($"Ports {FirstPort} to {FirstPort + Ports - 1} are all taken. Give another with --port.");
    }

    /// <summary>A socket at a path, which only this user may connect to; what lay there is removed.</summary>
    public static Socket BindLocal(string path)
    {
        File.Delete(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                // Nobody can connect before the socket listens, which is later.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return socket;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new IOException($"The socket {path} cannot be made: {error.Message}", error);
        }
    }

    static Socket? TryBind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            // Until it listens, the system lets another program bind the same port.
            socket.Listen();
            return socket;
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            socket.Dispose();
            return null;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new IOException($"The peer cannot listen on {address}: {error.Message}", error);
        }
    }
}
