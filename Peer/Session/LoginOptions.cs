using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.Session;

/// <summary>Who logs in, and where this peer is reached.</summary>
sealed record LoginOptions
{
    /// <summary>The account.</summary>
    public required string User { get; init; }

    /// <summary>Its password; null for a key that the account logged in with before.</summary>
    public string? Password { get; init; }

    /// <summary>A single-use code of an operator; null for none.</summary>
    public string? Invitation { get; init; }

    /// <summary>Who may find the shared folders; a folder that is not named is for all that may search.</summary>
    public IReadOnlyList<ShareAccess> Access { get; init; } = [];

    /// <summary>The directory's address, for messages.</summary>
    public required Uri Directory { get; init; }

    /// <summary>A literal IP address; null for the one from which the directory sees the call come.</summary>
    public string? AdvertisedIp { get; init; }

    /// <summary>A name for people. Default: the host's.</summary>
    public string Name { get; init; } = Environment.MachineName;
}
