namespace P2P.Peers.Lines;

/// <summary>How a line is kept alive; the directory ends one over which nothing came for 90 seconds.</summary>
static class LineTimes
{
    /// <summary>Between two pings.</summary>
    public static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(30);

    /// <summary>A line from which nothing came for so long, not even the answer to a ping, is broken, whatever the system says.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(75);

    /// <summary>Between two messages about a fetch under way.</summary>
    public static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(500);
}
