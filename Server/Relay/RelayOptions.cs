using System.ComponentModel.DataAnnotations;
using P2P.Content;

namespace P2P.Server.Relay;

/// <summary>Bounds of what passes through the directory.</summary>
sealed class RelayOptions
{
    /// <summary>Downloads at once. Default 32; 0 turns Descargar off.</summary>
    [Range(0, 10_000)]
    public int AtOnce { get; set; } = 32;

    /// <summary>How a source is read; one chunk is all of a download that the directory holds.</summary>
    public VerifiedSourceOptions Source { get; set; } = new();
}
