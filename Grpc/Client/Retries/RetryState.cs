using System.Globalization;

namespace Grpc.Net.Client.Retries;

/// <summary>
/// Decides, for one call, whether and when a failed attempt is followed by another. The attempts are the policy's,
/// capped by the channel's; the random numbers are uniform in [0, 1).
/// </summary>
sealed class RetryState(RetryPolicy policy, int maxAttempts, RetryThrottle? throttle, Func<double> nextRandom)
{
    const string PushbackTrailer = "grpc-retry-pushback-ms";

    /// <summary>Doublings since the start, or since the server last set the pace itself.</summary>
    int _steps;

    /// <summary>Attempts that have failed.</summary>
    public int Failures { get; private set; }

    public bool TryRetry(StatusCode code, Metadata trailers, out TimeSpan delay)
    {
        Failures++;
        delay = default;
        var pushback = trailers.GetValue(PushbackTrailer);
        var refused = !TryParsePushback(pushback, out var serverDelay);
        if (!policy.RetryableStatusCodes.Contains(code))
        {
            return false;
        }

        var allowed = throttle?.Fail() ?? true;
        if (refused || !allowed || Failures >= maxAttempts)
        {
            return false;
        }

        delay = serverDelay ?? nextRandom() * Ceiling();
        _steps = serverDelay is null ? _steps + 1 : 0;
        return true;
    }

    public void Succeed() => throttle?.Succeed();

    TimeSpan Ceiling()
    {
        var ceiling = policy.InitialBackoff!.Value.TotalSeconds * Math.Pow(policy.BackoffMultiplier!.Value, _steps);
        return TimeSpan.FromSeconds(Math.Min(ceiling, policy.MaxBackoff!.Value.TotalSeconds));
    }

    /// <returns>False when the server asks not to be tried again: a negative number, or none.</returns>
    static bool TryParsePushback(string? text, out TimeSpan? delay)
    {
        delay = null;
        if (text is null)
        {
            return true;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
        {
            return false;
        }

        delay = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }
}
