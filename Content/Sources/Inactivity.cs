namespace P2P.Content;

/// <summary>
/// How long a source may bring nothing before it counts as silent: the more it was asked for, the longer, for the more it may have to
/// read, and send to others, before. It is the time for the answer, and again for each further 16 KiB.
/// </summary>
/// <param name="Least">For a request of no bytes. Default 8 s: dialling may take 5 s of it, and a relay some more.</param>
/// <param name="PerMiB">More for each MiB that was asked for. Default 2 s, which gives 16 s for 4 MiB, the largest request of a download.</param>
/// <param name="Most">Whatever was asked for. Default 30 s, within which a download turns to another source or fails.</param>
public sealed record Inactivity(TimeSpan Least, TimeSpan PerMiB, TimeSpan Most)
{
    const double MiB = 1024 * 1024;

    public static Inactivity Default { get; } = new(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30));

    /// <summary>The same for a request of any size.</summary>
    public static Inactivity Always(TimeSpan limit) => new(limit, TimeSpan.Zero, limit);

    /// <summary>The limit for a request of so many bytes; 0 for one that asks for no content.</summary>
    public TimeSpan LimitFor(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        // In seconds, for a span times a large length would overflow.
        double seconds = Least.TotalSeconds + PerMiB.TotalSeconds * (bytes / MiB);
        return seconds < Most.TotalSeconds ? TimeSpan.FromSeconds(seconds) : Most;
    }
}
