using P2P.Peers.Serving;
using P2P.Peers.Session;
using P2P.Peers.Sharing;

namespace P2P.Peers.Local;

/// <summary>All that a daemon is told at its start.</summary>
sealed record DaemonOptions
{
    public required DaemonFiles Files { get; init; }

    public required IReadOnlyList<SharedFolder> Folders { get; init; }

    public required LoginOptions Session { get; init; }

    public SharingOptions Sharing { get; init; } = new();

    public ServingOptions Serving { get; init; } = new();

    public GrantOptions Grants { get; init; } = new();

    /// <summary>Null for a closed inbox.</summary>
    public InboxOptions? Inbox { get; init; }

    /// <summary>Whether peers beyond this machine that serve without encryption are dialled.</summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>Where files go that the account's owner has this peer fetch from elsewhere; null to take no such order.</summary>
    public string? Downloads { get; init; }
}
