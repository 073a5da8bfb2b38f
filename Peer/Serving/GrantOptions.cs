namespace P2P.Peers.Serving;

/// <summary>What the source remembers of downloaders whose tickets it redeemed.</summary>
sealed record GrantOptions
{
    /// <summary>A grant that is not used for this long is over. Default 10 min.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Grants of all downloaders. Default 100,000; beyond, the one that was not used for longest goes, and its holder needs a new ticket.</summary>
    public int Most { get; init; } = 100_000;

    /// <summary>Grants of one downloader, so that nobody drives out the others'. Default 20,000.</summary>
    public int MostOfOne { get; init; } = 20_000;
}
