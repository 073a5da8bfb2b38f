using System.ComponentModel.DataAnnotations;

namespace P2P.Server.Dialing;

/// <summary>How the directory finds out whether peers can be dialled.</summary>
sealed class DialBackOptions
{
    /// <summary>Milliseconds after which a dial counts as not answered; a Login waits so long at most. Default 1,500.</summary>
    [Range(50, 60_000)]
    public int TimeoutMilliseconds { get; set; } = 1500;

    /// <summary>Dials to one address and port in any minute, whoever caused them. Default 3.</summary>
    [Range(1, 1_000_000)]
    public int PerTarget { get; set; } = 3;

    /// <summary>Dials to all ports of one address in any minute; loopback is not counted, for nobody else is there. Default 30.</summary>
    [Range(1, 1_000_000)]
    public int PerAddress { get; set; } = 30;

    /// <summary>Dials in any minute in all; each is remembered for that time. Default 20,000.</summary>
    [Range(1, 1_000_000)]
    public int PerMinute { get; set; } = 20_000;

    /// <summary>Dials under way at once. Default 256.</summary>
    [Range(1, 10_000)]
    public int AtOnce { get; set; } = 256;
}
