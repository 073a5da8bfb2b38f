using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Grpc.Tests.Server;

/// <summary>What only HTTP/2 frames show: which reset follows the end of a call.</summary>
public sealed class Http2FramesTests
{
    [Fact]
    public async Task Call_EndsBeforeTheRequest_IsResetWithNoErrorAfterTheTrailers()
    {
        await using var server = await InteropServer.StartAsync();
        using var raw = await OpenCallAsync(server, "Duplex");

        // A request that makes the handler fail at once; the stream stays open on the client's side.
        await raw.SendAsync(Http2Frame.Data, 0, 1, RawClient.Frame(new InteropRequest { FailCode = 9 }));

        Assert.Equal(0u, await ReadResetAsync(raw));
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Call_BadFrameWithinAnOpenStream_EndsIt()
    {
        await using var server = await InteropServer.StartAsync();
        using var raw = await OpenCallAsync(server, "ClientStream");

        await raw.SendAsync(Http2Frame.Data, 0, 1, [9, 0, 0, 0, 0]);

        Assert.Equal(0u, await ReadResetAsync(raw));
    }

    [Fact]
    public async Task Call_ClientResets_CancelsTheHandler()
    {
        await using var server = await InteropServer.StartAsync();
        using var raw = await OpenCallAsync(server, "Sleep");
        await raw.SendAsync(Http2Frame.Data, Http2Frame.EndStream, 1, RawClient.Frame(new InteropRequest()));
        await server.Service.SleepBegun.Task;

        await raw.SendAsync(Http2Frame.Reset, 0, 1, [0, 0, 0, 8]);

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
        using var raw = await OpenCallAsync(server, "Duplex");
        await raw.SendAsync(Http2Frame.Data, 0, 1, RawClient.Frame(new InteropRequest()));
        await raw.ReadUntilAsync(frame => frame.Type == Http2Frame.Data);

        await raw.SendAsync(Http2Frame.Reset, 0, 1, [0, 0, 0, 8]);

        await ended.Task;
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Call_DeadlinePassesWhileTheRequestIsOpen_EndsWithTrailersThenNoError()
    {
        var time = new FakeTimeProvider();
        await using var server = await InteropServer.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var raw = await OpenCallAsync(server, "Duplex", ("grpc-timeout", "1S"));
        await raw.SendAsync(Http2Frame.Data, 0, 1, RawClient.Frame(new InteropRequest()));
        await raw.ReadUntilAsync(frame => frame.Type == Http2Frame.Data);

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(0u, await ReadResetAsync(raw));
    }

    static Task<RawHttp2> OpenCallAsync(InteropServer server, string method, params (string, string)[] more) =>
        RawHttp2.OpenCallAsync(server.Address, method, more);

    /// <summary>The error code of the first reset; the call's end must have come before it.</summary>
    static async Task<uint> ReadResetAsync(RawHttp2 raw)
    {
        var ended = false;
        var reset = await raw.ReadUntilAsync(frame =>
        {
            ended |= frame.EndsStream;
            return frame.Type == Http2Frame.Reset;
        });
        Assert.True(ended, "The stream was reset before its end was sent.");
        return reset.ErrorCode;
    }
}
