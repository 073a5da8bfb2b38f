using Microsoft.Extensions.Diagnostics.HealthChecks;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>Unhealthy once a write has failed: reads still work, but whoever watches should restart the directory.</summary>
sealed class StoreCheck(IDirectoryStore store) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(store.IsReadOnly
            ? HealthCheckResult.Unhealthy("Writes are refused since one failed.")
            : HealthCheckResult.Healthy());
}
