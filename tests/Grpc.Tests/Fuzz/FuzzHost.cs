using System.Globalization;
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

/// <summary>
/// The library over real HTTP, once for HTTP/1.1 and once for HTTP/2. An answer's header x-reached says that a handler saw the request.
/// Where its memory is to be told from its clients', it is a process of its own: <see cref="FuzzServer"/>.
/// </summary>
sealed class FuzzHost : IAsyncDisposable
{
    public const string ReachedHeader = "x-reached";

    const string MemoryPath = "/memory";

    readonly HttpClient _http = new();
    readonly IAsyncDisposable _server;

    FuzzHost(IAsyncDisposable server, int http1, int http2)
    {
        _server = server;
        (Http1, Http2) = (new(IPAddress.Loopback, http1), new(IPAddress.Loopback, http2));
    }

    public IPEndPoint Http1 { get; }

    public IPEndPoint Http2 { get; }

    public static async Task<FuzzHost> StartAsync(CancellationToken cancellationToken)
    {
        if (FuzzSize.IsTelling)
        {
            var server = await FuzzServer.StartAsync(cancellationToken);
            return new FuzzHost(server, server.Ports[0], server.Ports[1]);
        }
        var app = await ServeAsync(cancellationToken);
        var ports = PortsOf(app);
        return new FuzzHost(app, ports[0], ports[1]);
    }

    public static List<int> PortsOf(WebApplication app) => [.. app.Urls.Select(url => new Uri(url).Port)];

    public static async Task<WebApplication> ServeAsync(CancellationToken cancellationToken)
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
        app.MapGet(MemoryPath, () => string.Create(CultureInfo.InvariantCulture, $"{FuzzSize.CollectedBytes()} {GC.GetTotalMemory(true)}"));
        await app.StartAsync(cancellationToken);
        return app;
    }

    /// <summary>What the server's process holds once all garbage is collected: bytes that are resident, and bytes of objects.</summary>
    public async Task<(long Resident, long Managed)> MemoryAsync(CancellationToken cancellationToken)
    {
        var text = await _http.GetStringAsync(new Uri($"http://{Http1}{MemoryPath}"), cancellationToken);
        var numbers = text.Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToList();
        return (numbers[0], numbers[1]);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _server.DisposeAsync();
    }

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
