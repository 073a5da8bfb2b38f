namespace Grpc.Net.Client.Configuration;

/// <summary>What the protocol calls a service config: behaviour by method.</summary>
public sealed class ServiceConfig
{
    public IList<MethodConfig> MethodConfigs { get; } = [];

    /// <summary>Has no effect: the handler's connection pool spreads the calls.</summary>
    public IList<LoadBalancingConfig> LoadBalancingConfigs { get; } = [];

    /// <summary>Null: retries are not throttled.</summary>
    public RetryThrottlingPolicy? RetryThrottling { get; set; }
}

/// <summary>The behaviour of the methods that one of the names covers. The most specific name wins.</summary>
public sealed class MethodConfig
{
    public IList<MethodName> Names { get; } = [];

    public RetryPolicy? RetryPolicy { get; set; }

    /// <summary>Must be null: hedging is not supported, and a channel refuses it when it is made.</summary>
    public HedgingPolicy? HedgingPolicy { get; set; }
}

/// <summary>A method; without <see cref="Method"/> all of a service; without both, everything.</summary>
public sealed class MethodName
{
    public static MethodName Default { get; } = new();

    /// <summary>With its package.</summary>
    public string? Service { get; init; }

    public string? Method { get; init; }
}

/// <summary>
/// The n-th retry waits a random part of InitialBackoff · BackoffMultiplierⁿ⁻¹, at most of MaxBackoff. Every property
/// is required.
/// </summary>
public sealed class RetryPolicy
{
    /// <summary>The first attempt included; at least 2.</summary>
    public int? MaxAttempts { get; set; }

    public TimeSpan? InitialBackoff { get; set; }

    public TimeSpan? MaxBackoff { get; set; }

    public double? BackoffMultiplier { get; set; }

    public IList<StatusCode> RetryableStatusCodes { get; } = [];
}

/// <summary>Exists so that code which sets it compiles, and is refused by name.</summary>
public sealed class HedgingPolicy
{
    public int? MaxAttempts { get; set; }

    public TimeSpan? HedgingDelay { get; set; }

    public IList<StatusCode> NonFatalStatusCodes { get; } = [];
}

/// <summary>
/// A channel holds tokens: a failure that could be retried takes one, a success gives back TokenRatio. Nothing is
/// retried while half or fewer are left.
/// </summary>
public sealed class RetryThrottlingPolicy
{
    /// <summary>1 to 1000.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>Above 0; three decimals count.</summary>
    public double? TokenRatio { get; set; }
}

/// <summary>Exists so that code which sets it compiles.</summary>
public sealed class LoadBalancingConfig(string policyName)
{
    public string PolicyName { get; } = policyName;
}
