namespace P2P.Peers.Fetching;

/// <summary>How pieces are handed out.</summary>
public sealed record SchedulerOptions
{
    public static SchedulerOptions Default { get; } = new();

    /// <summary>Requests that one source answers at once, so that its line is never idle between two. Default 2.</summary>
    public int Lanes { get; init; } = 2;

    /// <summary>Largest request in bytes; a single piece may exceed it. Default 4 MiB.</summary>
    public long MaxRequest { get; init; } = 4 * 1024 * 1024;

    /// <summary>Longest that a request to a source of known speed should take; a single piece may take longer. Default 2 s.</summary>
    public TimeSpan LongestRequest { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Largest request in bytes while some source has only a part: many fetch at once then, and should fetch different pieces. A single
    /// piece may exceed it. Default 512 KiB.
    /// </summary>
    public long MaxRequestInSwarm { get; init; } = 512 * 1024;

    /// <summary>
    /// Begin somewhere, not at the first piece: for a download that others fetch from meanwhile, so that many that begin at once with the
    /// same source do not all ask it for the same pieces. Default false.
    /// </summary>
    public bool Scatter { get; init; }

    /// <summary>What partial sources tell within this time is looked at together. Default 100 ms.</summary>
    public TimeSpan LookTogether { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long to wait for partial sources to get more, when nothing else is left to do. Default 10 s.</summary>
    public TimeSpan PartialWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Decides between pieces that are equally rare, so that not everybody asks for the same ones.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>
    /// Bytes that may be asked for and not yet journalled, over all sources: what a kill costs. Default 12 MiB. It shrinks
    /// requests down to one piece, not below.
    /// </summary>
    public long MaxInFlight { get; init; } = 12 * 1024 * 1024;

    /// <summary>Wait after a source's first failure; each further one in a row doubles it. Default 500 ms.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Failures in a row after which a source is given up. Default 4.</summary>
    public int MaxFailures { get; init; } = 4;

    /// <summary>Wait for a busy source that does not say how long. Default 2 s.</summary>
    public TimeSpan BusyRetry { get; init; } = TimeSpan.FromSeconds(2);
}
