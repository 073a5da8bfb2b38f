using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Retries;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using static Grpc.Tests.Client.RawServer;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests.Client;

/// <summary>Connections that break, that are not there yet, and that are too few.</summary>
public sealed class ConnectionTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unary_ServerStopsAnsweringPings_EndsTheCall()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var connection = listener.AcceptTcpClientAsync(Token);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                KeepAlivePingDelay = TimeSpan.FromSeconds(1),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(1),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            },
            DisposeHttpClient = true,
        });
        using var call = new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token);
        using var accepted = await connection;

        // Settings, and then silence.
        await accepted.GetStream().WriteAsync(new Server.Http2Frame(Server.Http2Frame.Settings, 0, 0, []).ToBytes(), Token);

        // SocketsHttpHandler reports it as a PROTOCOL_ERROR, which cannot be told from a server's reset with that code.
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
    }

    [Fact]
    public async Task Unary_ConnectionBreaks_IsUnavailable()
    {
        await using var server = await StartAsync(context =>
        {
            context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
            return context.AbortedAsync();
        });
        using var channel = server.Channel();

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task Unary_MoreCallsThanAConnectionHolds_RunAtOnce()
    {
        const int Calls = 130;
        var arrived = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            if (Interlocked.Increment(ref arrived) == Calls)
            {
                all.SetResult();
            }

            await all.Task.WaitAsync(Token);
            await context.AsGrpc().SendAsync(Frame(Message()));
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        var client = new InteropClient(channel);

        var answers = await Task.WhenAll(Enumerable.Range(0, Calls)
            .Select(_ => client.UnaryAsync(new InteropRequest(), cancellationToken: Token).ResponseAsync));

        Assert.All(answers, answer => Assert.Equal(7, answer.Count));
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public async Task Unary_WaitForReady_TriesToConnectUntilItSucceeds(bool wait, int expectedAttempts)
    {
        await using var server = await StartAsync(async context =>
        {
            await context.AsGrpc().SendAsync(Frame(Message()));
            context.Response.EndWith("0");
        });
        var target = new Uri(server.Address);
        var attempts = 0;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                if (Interlocked.Increment(ref attempts) < 3)
                {
                    throw new SocketException((int)SocketError.ConnectionRefused);
                }

                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(target.Host, target.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = server.Channel(new GrpcChannelOptions { HttpHandler = handler, InitialReconnectBackoff = TimeSpan.FromMilliseconds(1) });
        var call = new InteropClient(channel).UnaryAsync(new InteropRequest(), new CallOptions(cancellationToken: Token).WithWaitForReady(wait));

        if (wait)
        {
            Assert.Equal(7, (await call).Count);
        }
        else
        {
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        }

        Assert.Equal(expectedAttempts, attempts);
    }

    [Fact]
    public void Backoff_Next_GrowsWithinItsJitterToTheCeiling()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(120));
        for (var expected = 1.0; expected < 1000; expected *= 1.6)
        {
            var middle = Math.Min(expected, 120);
            Assert.InRange(backoff.Next().TotalSeconds, middle * 0.8, middle * 1.2);
        }

        var options = new GrpcChannelOptions();
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(120)), (options.InitialReconnectBackoff, options.MaxReconnectBackoff));
    }
}
