using System.Collections;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Settings of the gRPC health service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>Which health checks make up which service name. The default has the empty name (the server) with all checks.</summary>
    public ServiceMappingCollection Services { get; } = new();

    /// <summary>Whether Check answers what the periodic publisher found last, rather than running the checks; default false.</summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>Whether Watch calls are left open, without a last NOT_SERVING, when the application stops; default false.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}

/// <summary>One service name and the checks that count for it.</summary>
public sealed class ServiceMapping(string name, Func<HealthCheckMapContext, bool> healthCheckPredicate)
{
    public string Name { get; } = name;

    public Func<HealthCheckMapContext, bool> HealthCheckPredicate { get; } = healthCheckPredicate;
}

/// <summary>A registered health check, as far as a mapping sees it.</summary>
public sealed class HealthCheckMapContext(string name, IEnumerable<string> tags)
{
    public string Name { get; } = name;

    public IEnumerable<string> Tags { get; } = tags;
}

/// <summary>The mappings, by service name.</summary>
public sealed class ServiceMappingCollection : IEnumerable<ServiceMapping>
{
    readonly Dictionary<string, ServiceMapping> _mappings = new(StringComparer.Ordinal);

    /// <summary>Adds a service, or replaces what was mapped under its name.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(predicate);
        _mappings[name] = new ServiceMapping(name, predicate);
    }

    public void Clear() => _mappings.Clear();

    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ServiceMapping? Find(string name) => _mappings.GetValueOrDefault(name);
}
