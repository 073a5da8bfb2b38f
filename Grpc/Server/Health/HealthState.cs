using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>The last known status of each service, filled by the framework's publisher, and a task that ends when one changes.</summary>
sealed class HealthState(IOptions<GrpcHealthChecksOptions> options) : IHealthCheckPublisher
{
    readonly Lock _lock = new();
    readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal);
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            Set(mapping.Name, StatusOf(report, mapping));
        }
        return Task.CompletedTask;
    }

    /// <summary>The status, null when none is known yet, and the task that ends when any status changes after it was read.</summary>
    public (ServingStatus? Status, Task Changed) Get(string service)
    {
        lock (_lock)
        {
            return (_statuses.TryGetValue(service, out var status) ? status : null, _changed.Task);
        }
    }

    public void Set(string service, ServingStatus status)
    {
        lock (_lock)
        {
            if (_statuses.TryGetValue(service, out var known) && known == status)
            {
                return;
            }
            _statuses[service] = status;
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>A service is unhealthy when one of its checks is; degraded still serves.</summary>
    public static ServingStatus StatusOf(HealthReport report, ServiceMapping mapping)
    {
        foreach (var (name, entry) in report.Entries)
        {
            if (entry.Status == HealthStatus.Unhealthy && mapping.HealthCheckPredicate(new HealthCheckMapContext(name, entry.Tags)))
            {
                return ServingStatus.NotServing;
            }
        }
        return ServingStatus.Serving;
    }
}
