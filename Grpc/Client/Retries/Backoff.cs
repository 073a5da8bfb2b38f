namespace Grpc.Net.Client.Retries;

/// <summary>
/// Waits between attempts to connect, by the protocol's connection back-off document: ×1.6 each time, ±20 % so that
/// clients which lost the same server do not come back together.
/// </summary>
sealed class Backoff(TimeSpan initial, TimeSpan? max)
{
    const double Multiplier = 1.6;
    const double Jitter = 0.2;

    double _seconds = initial.TotalSeconds;

    public TimeSpan Next()
    {
        var seconds = Math.Min(_seconds, max?.TotalSeconds ?? TimeSpan.FromDays(1).TotalSeconds);
        _seconds = seconds * Multiplier;
        return TimeSpan.FromSeconds(seconds * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble())));
    }
}
