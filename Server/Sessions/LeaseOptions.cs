using System.ComponentModel.DataAnnotations;

namespace P2P.Server.Sessions;

/// <summary>How long a presence lasts, and how many one account may have.</summary>
sealed class LeaseOptions
{
    /// <summary>Lease in seconds of a session that sends heartbeats. Default 60.</summary>
    [Range(5, 86_400)]
    public int LeaseSeconds { get; set; } = 60;

    /// <summary>Lease in seconds of a declared session or a reader until its first heartbeat: such clients may never send one. Default 3,600.</summary>
    [Range(5, 604_800)]
    public int QuietLeaseSeconds { get; set; } = 3600;

    /// <summary>
    /// How often, in seconds, directories that share a store tell each other of renewed leases; each gives the others' sessions twice
    /// that time more. Default 5.
    /// </summary>
    [Range(1, 60)]
    public int ShareSeconds { get; set; } = 5;

    /// <summary>Live sessions of one account, readers included. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int SessionsPerAccount { get; set; } = 1000;

    /// <summary>Live sessions whose Logins came from one address. Default 10,000: many may be behind one router, or on one machine.</summary>
    [Range(1, 1_000_000)]
    public int SessionsPerAddress { get; set; } = 10_000;

    /// <summary>Days for which an ended session's token is told why it ended. Default 30.</summary>
    [Range(1, 365)]
    public int RememberEndedDays { get; set; } = 30;
}
