using System.ComponentModel.DataAnnotations;

namespace P2P.Server.Tickets;

/// <summary>The keys that sign tickets.</summary>
sealed class TicketOptions
{
    /// <summary>Hours for which one key signs. Default 24.</summary>
    [Range(1, 8760)]
    public int KeyHours { get; set; } = 24;
}
