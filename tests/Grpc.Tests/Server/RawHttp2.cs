using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Grpc.Tests.Server;

/// <summary>One frame of HTTP/2 (RFC 9113, section 4.1).</summary>
public sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    public const byte EndStream = 1, Acknowledged = 1, EndHeaders = 4;

    public bool EndsStream => Type is Data or Headers && (Flags & EndStream) != 0;

    public uint ErrorCode => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == GoAway ? 4 : 0));

    public byte[] ToBytes()
    {
        var frame = new byte[9 + Payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, ((uint)Payload.Length << 8) | Type);
        frame[4] = Flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), Stream);
        Payload.CopyTo(frame, 9);
        return frame;
    }
}

/// <summary>A client that says frame by frame what it wants, allowed or not.</summary>
public sealed class RawHttp2 : IDisposable
{
    readonly Socket _socket;
    readonly NetworkStream _stream;

    RawHttp2(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket));

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Connects and sends the preface with empty settings.</summary>
    public static async Task<RawHttp2> ConnectAsync(Uri address, byte[]? settings = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, Token);
        var raw = new RawHttp2(socket);
        await raw.SendAsync([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. new Http2Frame(Http2Frame.Settings, 0, 0, settings ?? []).ToBytes()]);
        return raw;
    }

    /// <summary>Connects and begins one call on stream 1.</summary>
    public static async Task<RawHttp2> OpenCallAsync(Uri address, string method, params (string, string)[] more)
    {
        var raw = await ConnectAsync(address);
        await raw.OpenAsync(1, method, more);
        return raw;
    }

    public Task OpenAsync(int stream, string method, params (string, string)[] more) =>
        SendAsync(Http2Frame.Headers, Http2Frame.EndHeaders, stream, CallHeaders(method, more));

    public Task SendAsync(byte type, byte flags, int stream, byte[] payload) => SendAsync(new Http2Frame(type, flags, stream, payload).ToBytes());

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes, Token);

    /// <summary>Nothing more will be sent; what the server says can still be read.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next frame, or null when the server has closed the connection.</summary>
    public async Task<Http2Frame?> ReadAsync()
    {
        var header = new byte[9];
        try
        {
            if (await _stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, Token) < header.Length)
            {
                return null;
            }
            var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(header) >> 8];
            await _stream.ReadExactlyAsync(payload, Token);
            return new Http2Frame(header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads on until a frame is the wanted one.</summary>
    public async Task<Http2Frame> ReadUntilAsync(Func<Http2Frame, bool> wanted)
    {
        while (await ReadAsync() is { } frame)
        {
            if (wanted(frame))
            {
                return frame;
            }
        }
        throw new EndOfStreamException("The server closed the connection.");
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    // HPACK (RFC 7541, section 6.2.2): literals that are not indexed, with lengths below 127 in one byte.
    static byte[] CallHeaders(string method, (string, string)[] more)
    {
        var headers = new List<byte>();
        foreach (var (name, value) in ((string, string)[])[
            (":method", "POST"), (":scheme", "http"), (":path", "/grpc.tests.v1.Interop/" + method), (":authority", "test"),
            ("content-type", "application/grpc"), ("te", "trailers"), .. more])
        {
            headers.AddRange([0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name)]);
            headers.AddRange([(byte)value.Length, .. Encoding.ASCII.GetBytes(value)]);
        }
        return [.. headers];
    }
}
