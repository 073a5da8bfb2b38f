using System.Collections.Concurrent;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.Tests.Server;

/// <summary>A server of interop.proto on Kestrel, on a free port of loopback, for HTTP/1.1 and HTTP/2. Error logs are kept.</summary>
public sealed class InteropServer : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly Errors _errors = new();

    InteropServer(Action<WebApplicationBuilder>? configure, Action<WebApplication>? map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(_errors).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.UseUrls("http://127.0.0.1:0").UseOneCleartextPort();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(Service);
        configure?.Invoke(builder);
        _app = builder.Build();
        (map ?? (app => app.MapGrpcService<InteropService>()))(_app);
    }

    public InteropService Service { get; } = new();

    public IServiceProvider Services => _app.Services;

    /// <summary>What was logged as an error or worse.</summary>
    public IReadOnlyCollection<string> ErrorLogs => _errors.Seen;

    /// <summary>Where it listens, as <c>http://127.0.0.1:port</c>.</summary>
    public Uri Address => Addresses[0];

    /// <summary>Every address, when a test added some.</summary>
    public IReadOnlyList<Uri> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];

    public static async Task<InteropServer> StartAsync(
        Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null)
    {
        var server = new InteropServer(configure, map);
        await server._app.StartAsync();
        return server;
    }

    public static Task<InteropServer> StartAsync(Action<GrpcServiceOptions> options) =>
        StartAsync(builder => builder.Services.Configure(options));

    /// <summary>Stops as an application does that was told to: what is under way may finish.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    sealed class Errors : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Seen { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Seen.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
