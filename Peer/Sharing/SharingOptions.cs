namespace P2P.Peers.Sharing;

/// <summary>How shared folders are kept up to date.</summary>
sealed record SharingOptions
{
    /// <summary>A file that changed less than this ago is still being written, for all we know, and waits. Default 1 s; 0 waits for none.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>All folders are scanned again this long after the last scan, watched or not. Default 10 min.</summary>
    public TimeSpan RescanInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The same where the system cannot watch a folder. Default 1 min.</summary>
    public TimeSpan UnwatchedRescanInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Changes are collected until none came for this long. Default 300 ms.</summary>
    public TimeSpan QuietTime { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Changes that never stop are looked at after this long. Default 3 s.</summary>
    public TimeSpan LongestQuietTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>While many files are hashed, those that are done are shown to others this often. Default 2 s.</summary>
    public TimeSpan SnapshotInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Files hashed side by side, and threads for a large one. Default: processors.</summary>
    public int HashThreads { get; init; } = Environment.ProcessorCount;
}
