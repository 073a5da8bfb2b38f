using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.ClientFactory;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using static Grpc.Tests.Client.RawServer;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests.Client;

/// <summary>Channels, their options, credentials, interceptors, and clients from dependency injection.</summary>
public sealed class ChannelTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dns:///host")]
    [InlineData("static:///host")]
    public void ForAddress_OtherScheme_IsRefused(string address) =>
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress(address));

    [Fact]
    public void ForAddress_ContradictingOptions_AreRefused()
    {
        Assert.Throws<InvalidOperationException>(() =>
            GrpcChannel.ForAddress("http://h", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
        Assert.Throws<InvalidOperationException>(() =>
            GrpcChannel.ForAddress("https://h", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }));
        using var handler = new SocketsHttpHandler();
        using var client = new HttpClient();
        Assert.Throws<ArgumentException>(() =>
            GrpcChannel.ForAddress("http://h", new GrpcChannelOptions { HttpHandler = handler, HttpClient = client }));
    }

    [Fact]
    public async Task Call_Request_IsWhatTheProtocolAsks()
    {
        var (server, seen) = await RecordAsync();
        await using var _ = server;
        using var channel = GrpcChannel.ForAddress(server.Address + "/ignored/path");
        var headers = new Metadata { { "grpc-timeout", "1S" }, { "te", "no" }, { "own", "value" }, { "own-bin", [0xFF] } };
        await new InteropClient(channel).UnaryAsync(new InteropRequest(), headers, cancellationToken: Token);
        var request = seen.Single();
        Assert.Equal(("POST", "/grpc.tests.v1.Interop/Unary", "HTTP/2"), (request.Method, request.Path, request.Protocol));
        Assert.Equal("application/grpc", request.Headers["content-type"].ToString());
        Assert.Equal("trailers", request.Headers["te"].ToString());
        Assert.StartsWith("grpc-dotnet-p2p/", request.Headers["user-agent"].ToString(), StringComparison.Ordinal);
        Assert.Equal(("value", "/w"), (request.Headers["own"].ToString(), request.Headers["own-bin"].ToString()));
        Assert.False(request.Headers.ContainsKey("grpc-timeout"));
    }

    [Fact]
    public async Task Call_RepeatedKeys_KeepTheirOrderAndBinaryOnesAreLinesOrJoinedByBareCommas()
    {
        var (server, seen) = await RecordAsync();
        await using var _ = server;
        using var channel = server.Channel();
        var headers = new Metadata
        {
            { "text", "a" }, { "text", "b" }, { "two-bin", [1] }, { "two-bin", [2] }, { "many-bin", [1] }, { "many-bin", [2] }, { "many-bin", [3] }, { "many-bin", [4] },
        };

        await new InteropClient(channel).UnaryAsync(new InteropRequest(), headers, cancellationToken: Token);

        var request = seen.Single().Headers;
        Assert.Equal("a, b", request["text"].ToString());
        Assert.Equal(["AQ", "Ag"], request["two-bin"].AsEnumerable());
        Assert.Equal(["AQ", "Ag,Aw,BA"], request["many-bin"].AsEnumerable());
    }

    [Fact]
    public async Task Call_HttpClientGiven_IsUsedAndLeftAlone()
    {
        var (server, _) = await RecordAsync();
        await using var running = server;
        using var http = new HttpClient();
        for (var round = 0; round < 2; round++)
        {
            using var channel = server.Channel(new GrpcChannelOptions { HttpClient = http });
            Assert.Equal(7, (await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token)).Count);
        }
    }

    [Fact]
    public async Task Call_HandlerWithConnectCallback_GoesWhereItSays()
    {
        var (server, _) = await RecordAsync();
        await using var running = server;
        var target = new Uri(server.Address);
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(target.Host, target.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress("http://daemon.invalid", new GrpcChannelOptions { HttpHandler = handler });
        Assert.Equal(7, (await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token)).Count);
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "channel,call")]
    public async Task CallCredentials_Cleartext_AreSentOnlyOnDemand(bool allow, string expected)
    {
        var (server, seen) = await RecordAsync();
        await using var running = server;
        using var channel = server.Channel(new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, Credentials("channel")),
            UnsafeUseInsecureChannelCallCredentials = allow,
        });
        await new InteropClient(channel).UnaryAsync(
            new InteropRequest(), new CallOptions(credentials: Credentials("call"), cancellationToken: Token));
        Assert.Equal(expected, string.Join(",", seen.Single().Headers["authorization"].ToArray()).Replace(", ", ",", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CallCredentials_Throwing_FailTheCall()
    {
        var (server, seen) = await RecordAsync();
        await using var running = server;
        using var channel = server.Channel(new GrpcChannelOptions { UnsafeUseInsecureChannelCallCredentials = true });
        var broken = CallCredentials.FromInterceptor((_, _) => throw new InvalidOperationException("no token"));
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest(), new CallOptions(credentials: broken, cancellationToken: Token)));
        Assert.Equal(StatusCode.Unauthenticated, failure.StatusCode);
        Assert.Empty(seen);
    }

    [Fact]
    public async Task Interceptors_Several_RunInTheOrderGiven()
    {
        var (server, seen) = await RecordAsync();
        await using var running = server;
        using var channel = server.Channel();
        var invoker = channel.Intercept(new Stamp("a"), new Stamp("b"));
        await new InteropClient(invoker).UnaryAsync(new InteropRequest(), cancellationToken: Token);
        Assert.Equal("a, b", seen.Single().Headers["stamp"].ToString());
    }

    [Fact]
    public async Task AddGrpcClient_Registered_CallsThroughHandlersInterceptorsAndCredentials()
    {
        var (server, seen) = await RecordAsync();
        await using var running = server;
        var services = new ServiceCollection();
        services.AddGrpcClient<InteropClient>(options => options.Address = new Uri(server.Address))
            .ConfigureChannel(options => options.UnsafeUseInsecureChannelCallCredentials = true)
            .AddInterceptor(_ => new Stamp("di"))
            .AddCallCredentials((context, metadata) =>
            {
                metadata.Add("authorization", context.ServiceUrl);
                return Task.CompletedTask;
            });
        await using var provider = services.BuildServiceProvider();
        Assert.Equal(7, (await provider.GetRequiredService<InteropClient>().UnaryAsync(new InteropRequest(), cancellationToken: Token)).Count);
        var factory = provider.GetRequiredService<GrpcClientFactory>();
        await factory.CreateClient<InteropClient>(nameof(InteropClient)).UnaryAsync(new InteropRequest(), cancellationToken: Token);
        Assert.Equal(["di", "di"], seen.Select(request => request.Headers["stamp"].ToString()));
        Assert.All(seen, request => Assert.Equal(server.Address + "/grpc.tests.v1.Interop", request.Headers["authorization"].ToString()));
        Assert.Throws<InvalidOperationException>(() => factory.CreateClient<InteropClient>("unknown"));
    }

    static CallCredentials Credentials(string token) => CallCredentials.FromInterceptor((_, metadata) =>
    {
        metadata.Add("authorization", token);
        return Task.CompletedTask;
    });

    static async Task<(RawServer Server, List<(string Method, string Path, string Protocol, HeaderDictionary Headers)> Seen)> RecordAsync()
    {
        var seen = new List<(string, string, string, HeaderDictionary)>();
        var server = await StartAsync(async context =>
        {
            var request = context.Request;
            var headers = new HeaderDictionary();
            foreach (var (name, values) in request.Headers)
            {
                headers[name] = values;
            }

            seen.Add((request.Method, request.Path, request.Protocol, headers));
            await context.AsGrpc().SendAsync(Frame(Message()));
            context.Response.EndWith("0");
        });
        return (server, seen);
    }

    sealed class Stamp(string text) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var headers = new Metadata();
            foreach (var entry in context.Options.Headers ?? [])
            {
                headers.Add(entry);
            }

            headers.Add("stamp", text);
            return continuation(request, new(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }
    }
}
