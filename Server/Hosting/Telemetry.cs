using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using P2P.Server.Catalogs;
using P2P.Server.Relay;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>
/// Sends metrics and traces to an OpenTelemetry collector. All else (protocol, headers, intervals, sampling, the service's name) is said by the
/// specification's own variables, <c>OTEL_…</c>.
/// </summary>
sealed class Telemetry(MeterProvider meters, TracerProvider traces) : IDisposable
{
    const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const string ServiceName = "p2p-directory";

    static readonly string[] Meters =
    [
        DirectoryMetrics.MeterName, StoreMetrics.MeterName, RelayMetrics.MeterName, PublishMetrics.MeterName,
        "Grpc.AspNetCore.Server", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime",
    ];

    static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql"];

    /// <summary>Begins, if it was said where to; what it returns sends what is left when it is disposed.</summary>
    public static Telemetry? Start(Uri? endpoint)
    {
        if (endpoint is not null)
        {
            // The exporter's own way to be told: so an endpoint means the same, paths of the HTTP protocol included, wherever it was said.
            Environment.SetEnvironmentVariable(EndpointVariable, endpoint.OriginalString);
        }
        else if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable)))
        {
            return null;
        }

        var resource = ResourceBuilder.CreateEmpty()
            .AddService(ServiceName, serviceVersion: ProgramVersion.Text).AddTelemetrySdk().AddEnvironmentVariableDetector();
        return new Telemetry(
            Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddOtlpExporter().Build(),
            Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources).AddOtlpExporter().Build());
    }

    public void Dispose()
    {
        traces.Dispose();
        meters.Dispose();
    }
}
