namespace Grpc.Net.Client.Retries;

/// <summary>The token bucket of <see cref="RetryThrottlingPolicy"/>, counted in thousandths, shared by a channel's calls.</summary>
sealed class RetryThrottle(RetryThrottlingPolicy policy)
{
    const int Scale = 1000;

    readonly Lock _gate = new();
    readonly int _max = policy.MaxTokens!.Value * Scale;
    readonly int _ratio = (int)(policy.TokenRatio!.Value * Scale);
    int _tokens = policy.MaxTokens!.Value * Scale;

    /// <summary>Takes a token for a failure that could be retried.</summary>
    /// <returns>Whether retries are allowed.</returns>
    public bool Fail()
    {
        lock (_gate)
        {
            _tokens = Math.Max(0, _tokens - Scale);
            return _tokens > _max / 2;
        }
    }

    public void Succeed()
    {
        lock (_gate)
        {
            _tokens = Math.Min(_max, _tokens + _ratio);
        }
    }
}
