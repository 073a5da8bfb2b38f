using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Interop;
using Grpc.Tests.Server;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests.Client;

/// <summary>A server that breaks HTTP/2 fails the call that it was asked for, at once, and no other.</summary>
public sealed class BrokenServerTests
{
    static readonly byte[] s_settings = new Http2Frame(Http2Frame.Settings, 0, 0, []).ToBytes();

    public static TheoryData<string, byte[]> Answers { get; } = new()
    {
        { "nothing", [] },
        { "settings alone", s_settings },
        { "HTTP/1.1", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray() },
        { "noise", [.. s_settings, .. Enumerable.Range(0, 300).Select(i => (byte)(i * 37))] },
        { "a frame larger than allowed", [.. s_settings, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1] },
        { "data before headers", [.. s_settings, .. new Http2Frame(Http2Frame.Data, 0, 1, [0, 0, 0, 0, 0]).ToBytes()] },
        { "headers that do not decompress", [.. s_settings, .. Headers([0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 0)] },
        { "headers without a status", [.. s_settings, .. Headers([], 0)] },
        { "the end right after the headers", [.. s_settings, .. Headers([0x88], Http2Frame.EndStream)] },
        { "an end within a message", [.. s_settings, .. Ok(), .. new Http2Frame(Http2Frame.Data, Http2Frame.EndStream, 1, [0, 0, 0, 9, 1]).ToBytes()] },
        { "an early reset", [.. s_settings, .. new Http2Frame(Http2Frame.Reset, 0, 1, [0, 0, 0, 2]).ToBytes()] },
        { "a reset after the headers", [.. s_settings, .. Ok(), .. new Http2Frame(Http2Frame.Reset, 0, 1, [0, 0, 0, 7]).ToBytes()] },
        { "goodbye", [.. s_settings, .. new Http2Frame(Http2Frame.GoAway, 0, 0, [0, 0, 0, 1, 0, 0, 0, 11]).ToBytes()] },
        { "a ping of a wrong length", [.. s_settings, .. new Http2Frame(Http2Frame.Ping, 0, 0, [1]).ToBytes()] },
    };

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Unary_BrokenAnswer_FailsAndTheNextCallWorks(string what, byte[] answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var good = await InteropServer.StartAsync();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var broken = AnswerOnceAsync(listener, answer, good.Address.Port, gone);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        var client = new InteropClient(channel);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryAsync(new InteropRequest(), cancellationToken: Token));
        Assert.True(
            failure.StatusCode is StatusCode.Internal or StatusCode.Unavailable or StatusCode.Unknown or StatusCode.ResourceExhausted,
            $"{what}: {failure.Status}");
        await gone.Task.WaitAsync(Token);

        Assert.Equal(1, (await client.UnaryAsync(new InteropRequest(), cancellationToken: Token)).Count);
        channel.Dispose();
        await broken;
    }

    // The first connection gets the answer, the next is passed through to a server that works.
    static async Task AnswerOnceAsync(TcpListener listener, byte[] answer, int next, TaskCompletionSource gone)
    {
        using (var first = await listener.AcceptTcpClientAsync(Token))
        {
            var stream = first.GetStream();
            var received = new byte[200];
            var preface = await stream.ReadAtLeastAsync(received, 24, throwOnEndOfStream: false, Token);
            if (answer.AsSpan().StartsWith(s_settings))
            {
                // With these the client sends its request, and once it has it would not be right to try again.
                await stream.WriteAsync(s_settings, Token);
                await stream.ReadAtLeastAsync(received, received.Length - preface, throwOnEndOfStream: false, Token);
                answer = answer[s_settings.Length..];
            }

            await stream.WriteAsync(answer, Token);
            first.Client.Shutdown(SocketShutdown.Send);
            await DrainAsync(stream);
        }

        gone.SetResult();

        using var second = await listener.AcceptTcpClientAsync(Token);
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, next, Token);
        await Task.WhenAny(second.GetStream().CopyToAsync(server.GetStream(), Token), server.GetStream().CopyToAsync(second.GetStream(), Token));
    }

    static async Task DrainAsync(NetworkStream stream)
    {
        try
        {
            await stream.CopyToAsync(Stream.Null, Token);
        }
        catch (IOException)
        {
            // Gone is gone.
        }
    }

    static byte[] Headers(byte[] block, byte flags) =>
        new Http2Frame(Http2Frame.Headers, (byte)(Http2Frame.EndHeaders | flags), 1, block).ToBytes();

    // :status 200 from the static table, and the content type as a literal.
    static byte[] Ok() => Headers([0x88, 0, 12, .. "content-type"u8, 16, .. "application/grpc"u8], 0);
}
