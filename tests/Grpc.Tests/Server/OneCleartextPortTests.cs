using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.AspNetCore.Server.OnePort;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using P2P.Toolbox;

namespace Grpc.Tests.Server;

public sealed class OneCleartextPortTests
{
    static readonly byte[] s_prefaceAndSettings = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    [Theory]
    [InlineData("", 1)]
    [InlineData("P", 1)]
    [InlineData("PRI * HTTP/2.0\r", 1)]
    [InlineData("PRI * HTTP/2.0\r\n", 2)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM", 2)]
    [InlineData("POST / HTTP/1.1", 0)]
    [InlineData("PRI / HTTP/1.1\r\n", 0)]
    [InlineData("G", 0)]
    public void Match_Opening_IsNonePartialOrWhole(string opening, int expected) =>
        Assert.Equal((PrefaceMatch)expected, Http2Preface.Match(new(Encoding.ASCII.GetBytes(opening))));

    [Fact]
    public async Task Curl_BothProtocols_ReachTheSamePort()
    {
        var curl = ForeignTool.Program("curl", "apt-get install curl");
        await using var server = await StartAsync();

        foreach (var (option, version) in new[] { ("--http1.1", "HTTP/1.1"), ("--http2-prior-knowledge", "HTTP/2") })
        {
            await using var process = ForeignProcess.Start(curl, ["-sS", option, new Uri(server.Address, "/version").ToString()]);
            var (exitCode, output, errors) = await process.CompleteAsync(TestContext.Current.CancellationToken);
            Assert.True(exitCode == 0, errors);
            Assert.Equal(version, output);
        }
    }

    [Fact]
    public async Task Connection_PrefaceByteByByte_IsHttp2()
    {
        await using var server = await StartAsync();
        using var socket = await ConnectAsync(server);

        foreach (var b in s_prefaceAndSettings)
        {
            await socket.SendAsync(new[] { b }, TestContext.Current.CancellationToken);
        }
        var frame = new byte[9];
        await new NetworkStream(socket).ReadExactlyAsync(frame, TestContext.Current.CancellationToken);

        Assert.Equal(4, frame[3]);
    }

    [Fact]
    public async Task Connection_SlowOpening_IsClosedWhenPatienceEnds()
    {
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.Zero };
        await using var server = await StartAsync(time);
        using var silent = await ConnectAsync(server);
        var ended = silent.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask();

        while (!ended.IsCompleted)
        {
            // The server accepts in its own time: only once its timer exists does advancing the clock end the connection.
            time.Advance(TimeSpan.FromSeconds(131));
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        Assert.Equal(0, await ended);
    }

    [Fact]
    public async Task Server_StopsWhileAConnectionIsSilent_DoesNotWaitForIt()
    {
        await using var server = await StartAsync();
        using var silent = await ConnectAsync(server);
        // Connections are accepted in their order: once this one is answered, the silent one has been accepted.
        using var http = new HttpClient();
        await http.GetAsync(new Uri(server.Address, "/version"), TestContext.Current.CancellationToken);

        await server.StopAsync();

        Assert.Equal(0, await silent.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    static Task<InteropServer> StartAsync(TimeProvider? time = null) => InteropServer.StartAsync(
        builder => builder.Services.AddSingleton(time ?? TimeProvider.System),
        app => app.MapGet("/version", (HttpContext context) => context.Request.Protocol));

    static async Task<Socket> ConnectAsync(InteropServer server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, TestContext.Current.CancellationToken);
        return socket;
    }
}
