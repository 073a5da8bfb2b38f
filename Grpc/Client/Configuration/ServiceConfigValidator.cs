namespace Grpc.Net.Client.Configuration;

/// <summary>Refuses what the channel could not obey, when the channel is made and not at some later call.</summary>
static class ServiceConfigValidator
{
    /// <exception cref="NotSupportedException">A hedging policy is set.</exception>
    /// <exception cref="InvalidOperationException">Values are missing or out of range; all are named.</exception>
    public static void Validate(ServiceConfig config)
    {
        if (config.MethodConfigs.Any(method => method.HedgingPolicy is not null))
        {
            throw new NotSupportedException("Hedging is not supported; use a RetryPolicy.");
        }

        var violations = config.MethodConfigs
            .Where(method => method.RetryPolicy is not null)
            .SelectMany(method => Violations(method.RetryPolicy!))
            .Concat(config.RetryThrottling is { } throttling ? Violations(throttling) : [])
            .ToList();
        if (violations.Count > 0)
        {
            throw new InvalidOperationException("The service config is not valid: " + string.Join(" ", violations));
        }
    }

    static IEnumerable<string> Violations(RetryPolicy policy)
    {
        if (policy.MaxAttempts is not >= 2)
        {
            yield return "RetryPolicy.MaxAttempts must be at least 2.";
        }

        if (policy.InitialBackoff is not { Ticks: > 0 })
        {
            yield return "RetryPolicy.InitialBackoff must be above zero.";
        }

        if (policy.MaxBackoff is not { Ticks: > 0 })
        {
            yield return "RetryPolicy.MaxBackoff must be above zero.";
        }

        if (policy.BackoffMultiplier is not > 0)
        {
            yield return "RetryPolicy.BackoffMultiplier must be above zero.";
        }

        if (policy.RetryableStatusCodes.Count == 0)
        {
            yield return "RetryPolicy.RetryableStatusCodes must name a status code.";
        }
    }

    static IEnumerable<string> Violations(RetryThrottlingPolicy policy)
    {
        if (policy.MaxTokens is not (> 0 and <= 1000))
        {
            yield return "RetryThrottling.MaxTokens must be from 1 to 1000.";
        }

        if (policy.TokenRatio is not > 0)
        {
            yield return "RetryThrottling.TokenRatio must be above zero.";
        }
    }
}
