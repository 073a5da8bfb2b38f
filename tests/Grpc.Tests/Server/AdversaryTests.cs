using Grpc.Core;
using Grpc.Tests.Interop;

namespace Grpc.Tests.Server;

/// <summary>A client that means harm, or is broken: whatever it sends, others are served as before, and nothing of it stays.</summary>
public sealed class AdversaryTests
{
    static readonly byte[] s_indexedHeaderThatIsNone = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

    public static TheoryData<string, byte[]> BrokenFrames { get; } = new()
    {
        { "a frame larger than allowed", [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1] },
        { "data on the connection itself", new Http2Frame(Http2Frame.Data, 0, 0, [1]).ToBytes() },
        { "data on a stream that was never opened", new Http2Frame(Http2Frame.Data, 0, 3, [1]).ToBytes() },
        { "a stream that only servers open", new Http2Frame(Http2Frame.Headers, Http2Frame.EndHeaders, 2, []).ToBytes() },
        { "headers that do not decompress", new Http2Frame(Http2Frame.Headers, Http2Frame.EndHeaders, 1, s_indexedHeaderThatIsNone).ToBytes() },
        { "a reset of a stream that was never opened", new Http2Frame(Http2Frame.Reset, 0, 5, [0, 0, 0, 8]).ToBytes() },
        { "a reset without its code", new Http2Frame(Http2Frame.Reset, 0, 1, []).ToBytes() },
        { "settings of a wrong length", new Http2Frame(Http2Frame.Settings, 0, 0, [1, 2, 3]).ToBytes() },
        { "a ping of a wrong length", new Http2Frame(Http2Frame.Ping, 0, 0, [1]).ToBytes() },
        { "a window that grows by nothing", new Http2Frame(Http2Frame.WindowUpdate, 0, 0, [0, 0, 0, 0]).ToBytes() },
        { "a continuation of nothing", new Http2Frame(Http2Frame.Continuation, Http2Frame.EndHeaders, 1, []).ToBytes() },
        { "a second preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray() },
        { "noise", [.. Enumerable.Range(0, 300).Select(i => (byte)(i * 31))] },
    };

    [Theory]
    [MemberData(nameof(BrokenFrames))]
    public async Task Connection_BrokenFrames_IsEndedAlone(string what, byte[] frames)
    {
        await using var server = await InteropServer.StartAsync();
        using var other = await RawHttp2.OpenCallAsync(server.Address, "Duplex");
        using var raw = await RawHttp2.ConnectAsync(server.Address);

        await raw.SendAsync(frames);
        raw.EndSending();
        while (await raw.ReadAsync() is not null)
        {
        }

        await other.SendAsync(Http2Frame.Data, Http2Frame.EndStream, 1, RawClient.Frame(new InteropRequest()));
        await other.ReadUntilAsync(frame => frame is { Type: Http2Frame.Headers, EndsStream: true });
        await AssertServesAsync(server, what);
    }

    [Fact]
    public async Task Streams_OpenedAndResetByTheThousand_LeaveTheServerUsable()
    {
        await using var server = await InteropServer.StartAsync();
        using var raw = await RawHttp2.ConnectAsync(server.Address);
        try
        {
            for (var stream = 1; stream < 6_000; stream += 2)
            {
                await raw.OpenAsync(stream, "Duplex");
                await raw.SendAsync(Http2Frame.Data, 0, stream, RawClient.Frame(new InteropRequest()));
                await raw.SendAsync(Http2Frame.Reset, 0, stream, [0, 0, 0, 8]);
            }
        }
        catch (IOException)
        {
            // The server had enough, which is its good right.
        }

        // Kestrel logs as an error that it ended such a connection.
        using var client = new RawClient(server.Address);
        Assert.Equal(StatusCode.OK, (await client.CallAsync("Unary", RawClient.Frame(new InteropRequest()))).Status);
        Assert.DoesNotContain(server.ErrorLogs, log => !log.Contains("output operations maximum", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connection_CutWithinAMessage_EndsItsHandlers()
    {
        await using var server = await InteropServer.StartAsync();
        using (var raw = await RawHttp2.OpenCallAsync(server.Address, "Sleep"))
        {
            await raw.SendAsync(Http2Frame.Data, Http2Frame.EndStream, 1, RawClient.Frame(new InteropRequest()));
            await server.Service.SleepBegun.Task;
            for (var stream = 3; stream < 99; stream += 2)
            {
                await raw.OpenAsync(stream, stream % 4 == 1 ? "Unary" : "ClientStream");
                await raw.SendAsync(Http2Frame.Data, 0, stream, [0, 0, 0, 1, 0, 1, 2, 3]);
            }
        }

        await server.Service.SleepCancelled.Task;
        await AssertServesAsync(server, "cuts");
    }

    [Fact]
    public async Task Request_ByteByByte_ArrivesWhole()
    {
        await using var server = await InteropServer.StartAsync();
        using var raw = await RawHttp2.OpenCallAsync(server.Address, "Unary");
        var frames = RawClient.Frame(new InteropRequest { Payload = Google.Protobuf.ByteString.CopyFromUtf8("slow") })
            .SelectMany(value => new Http2Frame(Http2Frame.Data, 0, 1, [value]).ToBytes())
            .Concat(new Http2Frame(Http2Frame.Data, Http2Frame.EndStream, 1, []).ToBytes());

        foreach (var value in frames)
        {
            await raw.SendAsync([value]);
        }

        var answer = await raw.ReadUntilAsync(frame => frame is { Type: Http2Frame.Data, Payload.Length: > 0 });
        Assert.Equal("slow", InteropResponse.Parser.ParseFrom(answer.Payload.AsSpan(5)).Payload.ToStringUtf8());
    }

    [Fact]
    public async Task Announced_FarMoreThanSent_HoldsNoMemory()
    {
        await using var server = await InteropServer.StartAsync(options => options.MaxReceiveMessageSize = null);
        using var raw = await RawHttp2.ConnectAsync(server.Address);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var stream = 1; stream < 120; stream += 2)
        {
            await raw.OpenAsync(stream, "ClientStream");
            await raw.SendAsync(Http2Frame.Data, 0, stream, [0, 0x7F, 0xFF, 0xFF, 0xFF, 1]);
        }
        await AssertServesAsync(server, "announcements");

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 * 1024 * 1024);
    }

    static async Task AssertServesAsync(InteropServer server, string after)
    {
        using var client = new RawClient(server.Address);
        Assert.Equal(StatusCode.OK, (await client.CallAsync("Unary", RawClient.Frame(new InteropRequest()))).Status);
        Assert.True(server.ErrorLogs.Count == 0, after + ": " + string.Join('\n', server.ErrorLogs));
    }
}
