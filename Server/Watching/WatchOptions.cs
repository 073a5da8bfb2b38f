using System.ComponentModel.DataAnnotations;

namespace P2P.Server.Watching;

/// <summary>How much of the past is kept for watchers, and how many of them there may be.</summary>
sealed class WatchOptions
{
    /// <summary>Events kept, a file counting as one. Default 100,000, about 35 MB when all are files.</summary>
    [Range(1000, 100_000_000)]
    public int KeptEvents { get; set; } = 100_000;

    /// <summary>Watchers at once. Default 1,000; 0 turns Watch off.</summary>
    [Range(0, 100_000)]
    public int AtOnce { get; set; } = 1000;

    /// <summary>Watchers of one account at once. Default 32.</summary>
    [Range(1, 100_000)]
    public int PerAccount { get; set; } = 32;

    /// <summary>Watchers from one address at once. Default 200: people behind one router share an address.</summary>
    [Range(1, 100_000)]
    public int PerAddress { get; set; } = 200;

    /// <summary>Seconds without a message until a watcher is told that nothing happened. Default 15.</summary>
    [Range(1, 3600)]
    public int IdleSeconds { get; set; } = 15;

    /// <summary>Seconds that a watcher may leave a message unread before its connection is reset. Default 30.</summary>
    [Range(1, 3600)]
    public int UnreadSeconds { get; set; } = 30;
}
