using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>The standard health service over the framework's health checks.</summary>
sealed class HealthService(
    HealthCheckService checks, HealthState state, IOptions<GrpcHealthChecksOptions> options, IHostApplicationLifetime lifetime)
    : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var mapping = options.Value.Services.Find(request.Service)
            ?? throw new RpcException(new Status(StatusCode.NotFound, "The service is not known."));
        return Response(options.Value.UseHealthChecksCache
            ? state.Get(request.Service).Status ?? ServingStatus.Unknown
            : await RunChecksAsync(mapping, context.CancellationToken));
    }

    /// <summary>Sends the status now and whenever it changes. An unknown service may come to be: the call stays open.</summary>
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var stopping = options.Value.SuppressCompletionOnShutdown ? CancellationToken.None : lifetime.ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        try
        {
            await WatchAsync(request.Service, responseStream, ended.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(Response(ServingStatus.NotServing));
        }
    }

    async Task WatchAsync(string service, IServerStreamWriter<HealthCheckResponse> responses, CancellationToken cancellationToken)
    {
        if (options.Value.Services.Find(service) is { } mapping && state.Get(service).Status is null)
        {
            state.Set(service, await RunChecksAsync(mapping, cancellationToken));
        }
        ServingStatus? sent = null;
        while (true)
        {
            var (known, changed) = state.Get(service);
            var status = known ?? ServingStatus.ServiceUnknown;
            if (status != sent)
            {
                // Not with the token: it would abort the call, which has one more message when the server stops.
                await responses.WriteAsync(Response(status), CancellationToken.None);
                sent = status;
            }
            await changed.WaitAsync(cancellationToken);
        }
    }

    async Task<ServingStatus> RunChecksAsync(ServiceMapping mapping, CancellationToken cancellationToken) => HealthState.StatusOf(
        await checks.CheckHealthAsync(
            check => mapping.HealthCheckPredicate(new HealthCheckMapContext(check.Name, check.Tags)), cancellationToken),
        mapping);

    static HealthCheckResponse Response(ServingStatus status) => new() { Status = status };
}
