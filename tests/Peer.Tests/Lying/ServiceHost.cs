using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using P2P.Content;
using P2P.Peers.Dialing;

namespace P2P.Peers.Tests.Lying;

/// <summary>Runs one gRPC service on a free port of this machine.</summary>
public sealed class ServiceHost : IAsyncDisposable
{
    readonly WebApplication _app;

    readonly string _scheme;

    ServiceHost(WebApplication app, Uri address) => (_app, Port, _scheme) = (app, address.Port, address.Scheme);

    public int Port { get; }

    public string Url => $"{_scheme}://127.0.0.1:{Port}";

    public static Task<ServiceHost> StartAsync<T>(T service)
        where T : class => StartAsync(service, tls: null);

    /// <param name="service">What it answers.</param>
    /// <param name="tls">Null for cleartext.</param>
    public static async Task<ServiceHost> StartAsync<T>(T service, SslServerAuthenticationOptions? tls)
        where T : class
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => Configure(l, tls)));
        builder.Services.AddGrpc().AddJsonTranscoding();
        builder.Services.AddSingleton(service);
        WebApplication app = builder.Build();
        app.MapGrpcService<T>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ServiceHost(app, new Uri(app.Urls.Single()));
    }

    public SourcePeer AsPeer(string name) => new(name, name, new PeerEndpoint(IPAddress.Loopback, Port, secure: false));

    static void Configure(ListenOptions listen, SslServerAuthenticationOptions? tls)
    {
        if (tls is null)
            listen.UseOneCleartextPort();
        else
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls) });
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
