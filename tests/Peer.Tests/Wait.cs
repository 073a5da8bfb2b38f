using Microsoft.Extensions.Time.Testing;

namespace P2P.Peers.Tests;

/// <summary>Waits for what other threads do.</summary>
static class Wait
{
    /// <summary>Yields until a condition holds; where a clock is given, it goes on by half a second each time.</summary>
    public static async Task UntilAsync(Func<bool> condition, FakeTimeProvider? time = null)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            time?.Advance(TimeSpan.FromMilliseconds(500));
        }
    }
}
