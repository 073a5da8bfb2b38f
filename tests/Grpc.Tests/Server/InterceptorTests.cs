using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Tests.Interop;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Tests.Server;

public sealed class InterceptorTests
{
    static readonly byte[] s_body = RawClient.Frame(new InteropRequest { Count = 1 });

    [Theory]
    [InlineData("Unary")]
    [InlineData("ClientStream")]
    [InlineData("ServerStream")]
    [InlineData("Duplex")]
    public async Task Call_GlobalAndServiceInterceptors_RunInThatOrder(string method)
    {
        await using var server = await StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync(method, s_body);

        Assert.Equal(StatusCode.OK, response.Status);
        Assert.Equal("global 1, global 2, service", string.Join(", ", response.Trailers.GetValues("order")));
    }

    [Fact]
    public async Task Interceptor_NotRegistered_IsCreatedAndDisposedForEachCall()
    {
        await using var server = await StartAsync();
        using var client = new RawClient(server.Address);
        var log = server.Services.GetRequiredService<Log>();

        await client.CallAsync("Unary", s_body);
        await client.CallAsync("Unary", s_body);

        Assert.Equal((6, 6), (log.Created, log.Disposed));
    }

    [Fact]
    public async Task Interceptor_WrapsTheContext_HttpContextIsStillFound()
    {
        await using var server = await InteropServer.StartAsync(options => options.Interceptors.Add<Wrapper>());
        using var client = new RawClient(server.Address);

        Assert.Equal(StatusCode.OK, (await client.CallAsync("Unary", s_body)).Status);
    }

    static Task<InteropServer> StartAsync() => InteropServer.StartAsync(builder =>
    {
        builder.Services.AddSingleton<Log>();
        builder.Services.AddGrpc(options =>
        {
            options.Interceptors.Add<Tracer>("global 1");
            options.Interceptors.Add<Tracer>("global 2");
        }).AddServiceOptions<InteropService>(options => options.Interceptors.Add<Tracer>("service"));
    });

    sealed class Log
    {
        public int Created { get; set; }

        public int Disposed { get; set; }
    }

    sealed class Tracer : Interceptor, IDisposable
    {
        readonly Log _log;
        readonly string _name;

        public Tracer(Log log, string name)
        {
            (_log, _name) = (log, name);
            _log.Created++;
        }

        public void Dispose() => _log.Disposed++;

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            continuation(request, Trace(context));

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
            ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
            continuation(requestStream, Trace(context));

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
            continuation(request, responseStream, Trace(context));

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
            continuation(requestStream, responseStream, Trace(context));

        ServerCallContext Trace(ServerCallContext context)
        {
            context.ResponseTrailers.Add("order", _name);
            return context;
        }
    }

    sealed class Wrapper : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            continuation(request, new Wrapped(context));
    }

    sealed class Wrapped(ServerCallContext inner) : ServerCallContext
    {
        protected override string MethodCore => inner.Method;

        protected override string HostCore => inner.Host;

        protected override string PeerCore => inner.Peer;

        protected override DateTime DeadlineCore => inner.Deadline;

        protected override Metadata RequestHeadersCore => inner.RequestHeaders;

        protected override CancellationToken CancellationTokenCore => inner.CancellationToken;

        protected override Metadata ResponseTrailersCore => inner.ResponseTrailers;

        protected override Status StatusCore { get => inner.Status; set => inner.Status = value; }

        protected override WriteOptions? WriteOptionsCore { get => inner.WriteOptions; set => inner.WriteOptions = value; }

        protected override AuthContext AuthContextCore => inner.AuthContext;

        protected override IDictionary<object, object> UserStateCore => inner.UserState;

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
            inner.CreatePropagationToken(options);

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => inner.WriteResponseHeadersAsync(responseHeaders);
    }
}
