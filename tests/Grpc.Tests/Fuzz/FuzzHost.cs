using System.Net;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Tests.Transcoding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.Tests.Fuzz;

/// <summary>The library over real HTTP, once for HTTP/1.1 and once for HTTP/2. An answer's header x-reached says that a handler saw the request.</summary>
sealed class FuzzHost : IAsyncDisposable
{
    public const string ReachedHeader = "x-reached";

    readonly WebApplication _app;

    FuzzHost(WebApplication app)
    {
        _app = app;
        var ports = app.Urls.Select(url => new Uri(url).Port).ToList();
        (Http1, Http2) = (new(IPAddress.Loopback, ports[0]), new(IPAddress.Loopback, ports[1]));
    }

    public IPEndPoint Http1 { get; }

    public IPEndPoint Http2 { get; }

    public static async Task<FuzzHost> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services
            .AddGrpc(grpc =>
            {
                grpc.MaxReceiveMessageSize = 64 * 1024;
                grpc.Interceptors.Add<ReachInterceptor>();
            })
            .AddJsonTranscoding(LibraryHost.Strict);
        var app = builder.Build();
        app.MapGrpcService<EchoLibrary>();
        await app.StartAsync(cancellationToken);
        return new FuzzHost(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // A request stream counts once all of its messages could be read.
    sealed class ReachInterceptor : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Mark(context);
            return continuation(request, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Mark(context);
            return continuation(request, responseStream, context);
        }

        public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            var response = await continuation(requestStream, context);
            Mark(context);
            return response;
        }

        static void Mark(ServerCallContext context) => context.GetHttpContext().Response.Headers[ReachedHeader] = "1";
    }
}
