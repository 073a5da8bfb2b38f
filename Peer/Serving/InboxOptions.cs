using P2P.Peers.Pacing;

namespace P2P.Peers.Serving;

/// <summary>Where uploads go.</summary>
/// <param name="Folder">An absolute path.</param>
/// <param name="Quota">Bytes that it may hold, unfinished uploads included; null for what the disk has.</param>
sealed record InboxOptions(string Folder, long? Quota = null)
{
    /// <summary>The accounts that may send; null for all that can reach the inbox: this machine's users, or over TLS the directory's members.</summary>
    public IReadOnlySet<string>? From { get; init; }

    /// <summary>Bytes a second of all uploads together. Default: no limit.</summary>
    public RateSchedule Limit { get; init; } = RateSchedule.None;

    /// <summary>Uploads received at once. Default 4.</summary>
    public int AtOnce { get; init; } = 4;
}
