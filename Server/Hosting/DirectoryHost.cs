using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using P2P.Content;
using P2P.Server.Accounts;
using P2P.Server.Relay;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>Builds the web application: what it is made of, what it maps, and what it loads before the port opens.</summary>
static class DirectoryHost
{
    const string LoopbackHosts = "localhost;127.0.0.1;[::1]";
    const int StreamWindow = 256 * 1024;

    /// <summary>An application whose state is loaded and whose port is not open yet.</summary>
    public static async Task<WebApplication> BuildAsync(WebApplicationBuilder builder, StartOptions options, IDirectoryStore store)
    {
        if (options.LoopbackOnly && options.Proxies.Count == 0)
        {
            // Against web pages that have their own name resolve to this machine. A proxy is reached by a name of its own.
            builder.Configuration["AllowedHosts"] = LoopbackHosts;
        }

        var proxies = new TrustedProxies(options.Proxies);
        var cap = new ConnectionCap(options.Connections, proxies);
        builder.WebHost.UseOneCleartextPort(endpoint => endpoint.Use(next => connection => cap.OnConnectionAsync(connection, next)));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // What the directory holds of a stream whose other side does not keep up, as in a relay.
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
            kestrel.Limits.MaxConcurrentConnections = options.Connections.Most;
            // A reader that takes less than this, on average over the time, gives its place to others.
            kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(60));
        });
        Certificate(builder, options);
        builder.Services.AddSingleton(options.Leases).AddSingleton(options.Catalogs).AddSingleton(options.Search).AddSingleton(options.Passwords);
        builder.Services.AddSingleton(options.Relay).AddSingleton(options.Watch).AddSingleton(options.Lines).AddSingleton(options.Tickets).AddSingleton(options.Attempts).AddSingleton(options.DialBack).AddSingleton(options.Foreign);
        builder.Services.AddSingleton(options.Connections).AddSingleton(proxies).AddSingleton<SourceDialer>().AddSingleton(new DialPolicy(AllowLoopback: options.LoopbackOnly));
        builder.Services.AddSingleton(services => RelayIdentity.Open(
            options.DataFolder, services.GetService<DirectoryCertificate>(), services.GetRequiredService<TimeProvider>()));
        builder.Services.AddDirectory(options.Access, store);
        builder.Services.AddGrpcReflection();
        builder.Services.AddGrpcSwagger(ApiDocument.Configure);
        builder.Services.AddGrpcHealthChecks().AddCheck<StoreCheck>("store");
        Proxies(builder.Services, options.Proxies);
        var app = builder.Build();
        // Made now, so that a key that cannot be kept is told before the port opens.
        app.Services.GetRequiredService<RelayIdentity>();
        await app.Services.LoadStateAsync().ConfigureAwait(false);
        if (options.Proxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }

        app.MapDirectory(options.Access);
        app.MapGrpcHealthChecksService().AllowAnonymous();
        app.MapHealthChecks("/healthz").AllowAnonymous();
        var reflection = app.MapGrpcReflectionService();
        if (options.Access.Mode == AccessMode.Open)
        {
            reflection.AllowAnonymous();
        }

        ApiDocument.Map(app);
        return app;
    }

    static void Certificate(WebApplicationBuilder builder, StartOptions options)
    {
        if (options.Certificate is not { } files)
        {
            return;
        }

        var certificate = DirectoryCertificate.Open(files, options.DataFolder, TimeProvider.System);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(certificate.Configure));
        // By a factory, so that the container disposes it.
        builder.Services.AddSingleton(_ => certificate).AddHostedService<CertificateWatch>();
    }

    static void Proxies(IServiceCollection services, IReadOnlyList<IPAddress> proxies) => services.Configure<ForwardedHeadersOptions>(forwarded =>
    {
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        // From the last address back, as long as a proxy that was named vouches for the one before.
        forwarded.ForwardLimit = null;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            forwarded.KnownProxies.Add(proxy);
        }
    });
}
