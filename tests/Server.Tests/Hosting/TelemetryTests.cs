using System.Collections.Concurrent;
using System.Text;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using P2P.Contracts.DirectoryV1;
using P2P.Toolbox;

namespace P2P.Server.Tests.Hosting;

/// <summary>A collector that keeps what the program sends it by OpenTelemetry's protocol.</summary>
public sealed class TelemetryTests : IAsyncLifetime
{
    const string Collector = "/opentelemetry.proto.collector.";

    readonly ConcurrentDictionary<string, string> _received = new();
    readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("p2p-telemetry-");
    WebApplication _app = null!;

    static CancellationToken None => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").UseOneCleartextPort();
        _app = builder.Build();
        _app.MapPost(Collector + "metrics.v1.MetricsService/Export", TakeAsync);
        _app.MapPost(Collector + "trace.v1.TraceService/Export", TakeAsync);
        await _app.StartAsync(None);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact(Timeout = 120_000)]
    public async Task Otlp_Endpoint_GetsMetricsAndTraces()
    {
        var environment = new Dictionary<string, string>
        {
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=quiet-test",
            ["Directory__Rounds"] = "1000",
        };
        var program = Path.Combine(AppContext.BaseDirectory, "p2p-directory.dll");
        await using var process = ForeignProcess.Start(
            "dotnet", [program, "--data", _folder.FullName, "--urls", "http://127.0.0.1:0", "--otlp", _app.Urls.Single()], environment);
        using var channel = GrpcChannel.ForAddress(await process.WaitForLineAsync("  Listening   ", None));
        var client = new Contracts.DirectoryV1.Directory.DirectoryClient(channel);
        var login = await client.LoginAsync(new LoginRequest { User = "a", Password = "p", Port = 5001, Archivos = "f" }, cancellationToken: None);
        using (var publish = client.Publish(new Grpc.Core.Metadata { { "authorization", "Bearer " + login.Token } }, cancellationToken: None))
        {
            await publish.RequestStream.WriteAsync(new PublishRequest { Replace = true, Upserts = { new FileEntry { Path = "g" } } }, None);
            await publish.RequestStream.CompleteAsync();
            await publish;
        }

        await client.SearchAsync(new SearchRequest { Archivo = "f", Kind = QueryKind.Prefix }, cancellationToken: None);
        string[] metrics =
        [
            "p2p.directory.sessions", "p2p.directory.peers", "p2p.directory.files", "p2p.directory.contents", "p2p.directory.indexed", "p2p.directory.watchers",
            "p2p.directory.relayed", "p2p.directory.search.duration", "prefix", "p2p.directory.publish.files", "p2p.directory.store.commit.duration",
            "p2p.directory.store.commit.callers", "rpc.server.call.duration", "p2p-directory", "quiet-test",
        ];
        await Wait.UntilAsync(() => metrics.All(name => Has("MetricsService", name)));
        await Wait.UntilAsync(() => Has("TraceService", "p2p.directory.v1.Directory/Search"));
    }

    bool Has(string service, string name) => _received.Any(message => message.Key.Contains(service, StringComparison.Ordinal) && message.Value.Contains(name, StringComparison.Ordinal));

    /// <summary>Names are plain text in the messages.</summary>
    async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        _received[$"{context.Request.Path} {_received.Count}"] = Encoding.Latin1.GetString(body.ToArray());
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
