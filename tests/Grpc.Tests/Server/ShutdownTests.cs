using Grpc.Tests.Interop;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Grpc.Tests.Server;

/// <summary>A server that stops tells its clients, lets calls finish, and ends those that do not.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task Stop_CallUnderWay_IsToldByGoAwayAndFinished()
    {
        await using var server = await InteropServer.StartAsync();
        using var raw = await RawHttp2.OpenCallAsync(server.Address, "Duplex");
        await raw.SendAsync(Http2Frame.Data, 0, 1, RawClient.Frame(new InteropRequest()));
        await raw.ReadUntilAsync(frame => frame.Type == Http2Frame.Data);

        var stopped = server.StopAsync();
        var goAway = await raw.ReadUntilAsync(frame => frame.Type == Http2Frame.GoAway);
        await raw.SendAsync(Http2Frame.Data, Http2Frame.EndStream, 1, RawClient.Frame(new InteropRequest()));
        await raw.ReadUntilAsync(frame => frame.Type == Http2Frame.Data);
        await raw.ReadUntilAsync(frame => frame is { EndsStream: true, Type: Http2Frame.Headers });
        await stopped;

        Assert.Equal(0u, goAway.ErrorCode);
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Stop_CallThatDoesNotEnd_IsAbortedAfterTheTimeout()
    {
        await using var server = await InteropServer.StartAsync(builder =>
            builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(50)));
        using var raw = await RawHttp2.OpenCallAsync(server.Address, "Sleep");
        await raw.SendAsync(Http2Frame.Data, Http2Frame.EndStream, 1, RawClient.Frame(new InteropRequest()));
        await server.Service.SleepBegun.Task;

        var stopped = server.StopAsync();

        await server.Service.SleepCancelled.Task;
        await stopped;
        while (await raw.ReadAsync() is not null)
        {
        }
    }
}
