using System.ComponentModel.DataAnnotations;
using P2P.Content;

namespace P2P.Server.Relay;

/// <summary>Bounds of what passes through the directory.</summary>
sealed class RelayOptions
{
    /// <summary>Downloads at once. Default 32; 0 turns Descargar off.</summary>
    [Range(0, 10_000)]
    public int AtOnce { get; set; } = 32;

    /// <summary>Downloads at once to one address, so that a single machine cannot take them all. Default 16.</summary>
    [Range(1, 10_000)]
    public int PerAddress { get; set; } = 16;

    /// <summary>Seconds that a client may leave a chunk unread before its connection is reset. Default 30.</summary>
    [Range(1, 3600)]
    public int UnreadSeconds { get; set; } = 30;

    /// <summary>How a source is read; one chunk is all of a download that the directory holds.</summary>
    public VerifiedSourceOptions Source { get; set; } = new();
}
