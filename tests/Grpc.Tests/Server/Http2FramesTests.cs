using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Grpc.Tests.Server;

/// <summary>What only HTTP/2 frames show: which reset follows the end of a call.</summary>
public sealed class Http2FramesTests
{
    const byte Data = 0;
    const byte HeadersFrame = 1;
    const byte ResetStream = 3;
    const byte Settings = 4;
    const byte EndStream = 1;
    const byte EndHeaders = 4;

    [Fact]
    public async Task Call_EndsBeforeTheRequest_IsResetWithNoErrorAfterTheTrailers()
    {
        await using var server = await InteropServer.StartAsync();
        using var socket = await OpenCallAsync(server, "Duplex");

        // A request that makes the handler fail at once; the stream stays open on the client's side.
        await SendAsync(socket, Data, 0, 1, RawClient.Frame(new InteropRequest { FailCode = 9 }));

        Assert.Equal(0u, await ReadResetAsync(socket));
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Call_BadFrameWithinAnOpenStream_EndsIt()
    {
        await using var server = await InteropServer.StartAsync();
        using var socket = await OpenCallAsync(server, "ClientStream");

        await SendAsync(socket, Data, 0, 1, [9, 0, 0, 0, 0]);

        Assert.Equal(0u, await ReadResetAsync(socket));
    }

    [Fact]
    public async Task Call_ClientResets_CancelsTheHandler()
    {
        await using var server = await InteropServer.StartAsync();
        using var socket = await OpenCallAsync(server, "Sleep");
        await SendAsync(socket, Data, EndStream, 1, RawClient.Frame(new InteropRequest()));
        await server.Service.SleepBegun.Task;

        await SendAsync(socket, ResetStream, 0, 1, [0, 0, 0, 8]);

        await server.Service.SleepCancelled.Task;
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Call_ClientResetsWhileARequestIsAwaited_IsNoErrorOfTheHandler()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await InteropServer.StartAsync(configure: null, app =>
        {
            app.Use(async (context, next) =>
            {
                await next(context);
                ended.SetResult();
            });
            app.MapGrpcService<InteropService>();
        });
        using var socket = await OpenCallAsync(server, "Duplex");
        await SendAsync(socket, Data, 0, 1, RawClient.Frame(new InteropRequest()));
        await ReadUntilAsync(socket, Data);

        await SendAsync(socket, ResetStream, 0, 1, [0, 0, 0, 8]);

        await ended.Task;
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Call_DeadlinePassesWhileTheRequestIsOpen_EndsWithTrailersThenNoError()
    {
        var time = new FakeTimeProvider();
        await using var server = await InteropServer.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var socket = await OpenCallAsync(server, "Duplex", ("grpc-timeout", "1S"));
        await SendAsync(socket, Data, 0, 1, RawClient.Frame(new InteropRequest()));
        await ReadUntilAsync(socket, Data);

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(0u, await ReadResetAsync(socket));
    }

    static async Task<Socket> OpenCallAsync(InteropServer server, string method, params (string, string)[] more)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, TestContext.Current.CancellationToken);
        await socket.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await SendAsync(socket, Settings, 0, 0, []);
        var headers = new List<byte>();
        foreach (var (name, value) in ((string, string)[])[
            (":method", "POST"), (":scheme", "http"), (":path", "/grpc.tests.v1.Interop/" + method), (":authority", "test"),
            ("content-type", "application/grpc"), ("te", "trailers"), .. more])
        {
            // HPACK (RFC 7541, section 6.2.2): a literal that is not indexed, with lengths below 127 in one byte.
            headers.AddRange([0, (byte)name.Length, .. System.Text.Encoding.ASCII.GetBytes(name)]);
            headers.AddRange([(byte)value.Length, .. System.Text.Encoding.ASCII.GetBytes(value)]);
        }
        await SendAsync(socket, HeadersFrame, EndHeaders, 1, [.. headers]);
        return socket;
    }

    static async Task SendAsync(Socket socket, byte type, byte flags, byte stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, ((uint)payload.Length << 8) | type);
        (frame[4], frame[8]) = (flags, stream);
        payload.CopyTo(frame, 9);
        await socket.SendAsync(frame, TestContext.Current.CancellationToken);
    }

    /// <summary>The error code of the first reset; the call's end must have come before it.</summary>
    static async Task<uint> ReadResetAsync(Socket socket)
    {
        var ended = false;
        while (true)
        {
            var (type, flags, payload) = await ReadFrameAsync(socket);
            if (type == ResetStream)
            {
                Assert.True(ended, "The stream was reset before its end was sent.");
                return BinaryPrimitives.ReadUInt32BigEndian(payload);
            }
            ended |= type is Data or HeadersFrame && (flags & EndStream) != 0;
        }
    }

    static async Task ReadUntilAsync(Socket socket, byte wanted)
    {
        while ((await ReadFrameAsync(socket)).Type != wanted)
        {
        }
    }

    static async Task<(byte Type, byte Flags, byte[] Payload)> ReadFrameAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        var header = new byte[9];
        await stream.ReadExactlyAsync(header, TestContext.Current.CancellationToken);
        var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(header) >> 8];
        await stream.ReadExactlyAsync(payload, TestContext.Current.CancellationToken);
        return (header[3], header[4], payload);
    }
}
