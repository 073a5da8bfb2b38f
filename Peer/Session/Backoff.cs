namespace P2P.Peers.Session;

/// <summary>Exponential back-off with full jitter: peers that lost the same directory do not all come back in the same second.</summary>
static class Backoff
{
    static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);

    /// <summary>How long to wait.</summary>
    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="random">Evenly from 0 to 1.</param>
    /// <param name="asked">What the other side asks for at least.</param>
    public static TimeSpan Delay(int failures, double random, TimeSpan? asked = null)
    {
        var ceiling = First * Math.Pow(2, Math.Clamp(failures - 1, 0, 10));
        var jittered = (ceiling < Longest ? ceiling : Longest) * random;
        var delay = jittered > Shortest ? jittered : Shortest;
        return asked is { } least ? least + delay : delay;
    }
}
