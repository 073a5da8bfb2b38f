namespace P2P.Peers.Serving;

/// <summary>Where uploads go.</summary>
/// <param name="Folder">An absolute path.</param>
/// <param name="Quota">Bytes that it may hold, unfinished uploads included; null for what the disk has.</param>
sealed record InboxOptions(string Folder, long? Quota = null)
{
    /// <summary>Uploads received at once. Default 4.</summary>
    public int AtOnce { get; init; } = 4;
}
