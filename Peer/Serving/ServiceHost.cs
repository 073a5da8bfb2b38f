using System.Net.Security;
using System.Net.Sockets;
using Grpc.Validation;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using P2P.Peers.Lines;

namespace P2P.Peers.Serving;

/// <summary>A Kestrel that offers one gRPC service on one bound socket.</summary>
static class ServiceHost
{
    // Upload data and Download chunks are at most 1 MiB; the rest is what frames them.
    const int LargestMessage = 1024 * 1024 + 64 * 1024;

    static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(5);

    /// <summary>Makes the host. Nothing listens before it is started.</summary>
    /// <typeparam name="TService">The service.</typeparam>
    /// <param name="socket">Bound; the host's from now on.</param>
    /// <param name="loggers">Where warnings go.</param>
    /// <param name="addServices">Adds the service and what it needs.</param>
    /// <param name="tls">Null for cleartext.</param>
    /// <param name="doors">Connections that do not come in at the socket, or are not for the service; null for none.</param>
    /// <param name="cap">Bounds the connections of one address; null for no bound but that of all.</param>
    public static WebApplication Create<TService>(
        Socket socket, ILoggerFactory loggers, Action<IServiceCollection> addServices, SslServerAuthenticationOptions? tls = null,
        SideDoors? doors = null, ConnectionCap? cap = null)
        where TService : class
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(loggers);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownLimit);
        builder.Services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = _ => socket);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, socket, tls, doors, cap));
        if (doors is not null)
        {
            builder.Services.AddSingleton<IConnectionListenerFactory>(doors.Carried);
        }

        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = LargestMessage;
            options.CompressionProviders.Clear();
            options.Interceptors.Add<ValidationInterceptor>();
        });
        addServices(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<TService>();
        return app;
    }

    static void Configure(KestrelServerOptions kestrel, Socket socket, SslServerAuthenticationOptions? tls, SideDoors? doors, ConnectionCap? cap)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = 1000;
        if (socket.LocalEndPoint is UnixDomainSocketEndPoint local)
        {
            kestrel.ListenUnixSocket(local.ToString()!, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        }
        else
        {
            kestrel.Listen((System.Net.IPEndPoint)socket.LocalEndPoint!, endpoint =>
            {
                cap?.AddTo(endpoint);
                doors?.DialIns.AddTo(endpoint);
                Secure(endpoint, tls);
            });
        }

        if (doors is not null)
        {
            kestrel.Listen(doors.Carried.EndPoint, endpoint => Secure(endpoint, tls));
        }
    }

    static void Secure(ListenOptions endpoint, SslServerAuthenticationOptions? tls)
    {
        if (tls is null)
        {
            endpoint.UseOneCleartextPort();
            return;
        }

        endpoint.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls) });
    }
}
