namespace P2P.Server.Tests;

/// <summary>Waits for what other threads do.</summary>
static class Wait
{
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
