using System.ComponentModel.DataAnnotations;

namespace P2P.Server.Lines;

/// <summary>Bounds of Control lines, and of what goes over them.</summary>
sealed class LineOptions
{
    /// <summary>Commands that wait until a daemon reads them; one more ends its line. Default 64.</summary>
    [Range(1, 10_000)]
    public int QueueLength { get; set; } = 64;

    /// <summary>Seconds after which a line over which nothing came is ended. Daemons ping every 30. Default 90.</summary>
    [Range(2, 86_400)]
    public int SilenceSeconds { get; set; } = 90;

    /// <summary>Seconds that a daemon has to open its line with a hello, and to answer a command. Default 10.</summary>
    [Range(1, 600)]
    public int AnswerSeconds { get; set; } = 10;

    /// <summary>Fetches under way at one peer. Default 16; 0 turns Fetch off.</summary>
    [Range(0, 1000)]
    public int FetchesPerPeer { get; set; } = 16;
}
