namespace Grpc.Net.Client.Configuration;

/// <summary>Refuses what the channel could not obey, when the channel is made and not at some later call.</summary>
static class ServiceConfigValidator
{
    /// <exception cref="NotSupportedException">A hedging policy is set.</exception>
    /// <exception cref="InvalidOperationException">Values are missing or out of range; all are named.</exception>
    public static ServiceConfig Validated(ServiceConfig config)
    {
        if (config.MethodConfigs.Any(method => method.HedgingPolicy is not null))
        {
            throw new NotSupportedException("Hedging is not supported; use a RetryPolicy.");
        }
        var violations = config.MethodConfigs.Select(method => method.RetryPolicy).OfType<RetryPolicy>().SelectMany(Rules)
            .Concat(config.RetryThrottling is { } throttling ? Rules(throttling) : [])
            .Where(rule => !rule.Holds).Select(rule => rule.Text).ToList();
        return violations.Count == 0 ? config : throw new InvalidOperationException("The service config is not valid: " + string.Join(" ", violations));
    }

    static IEnumerable<(bool Holds, string Text)> Rules(RetryPolicy policy) =>
    [
        (policy.MaxAttempts is >= 2, "RetryPolicy.MaxAttempts must be at least 2."),
        (policy.InitialBackoff is { Ticks: > 0 }, "RetryPolicy.InitialBackoff must be above zero."),
        (policy.MaxBackoff is { Ticks: > 0 }, "RetryPolicy.MaxBackoff must be above zero."),
        (policy.BackoffMultiplier is > 0, "RetryPolicy.BackoffMultiplier must be above zero."),
        (policy.RetryableStatusCodes.Count > 0, "RetryPolicy.RetryableStatusCodes must name a status code."),
    ];

    static IEnumerable<(bool Holds, string Text)> Rules(RetryThrottlingPolicy policy) =>
    [
        (policy.MaxTokens is > 0 and <= 1000, "RetryThrottling.MaxTokens must be from 1 to 1000."),
        (policy.TokenRatio is > 0, "RetryThrottling.TokenRatio must be above zero."),
    ];
}
