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

    /// <summary>Relays between two peers at once. Default 64; 0 turns Relay off.</summary>
    [Range(0, 10_000)]
    public int RelaysAtOnce { get; set; } = 64;

    /// <summary>Of them for one account, or one address of anonymous callers. Default 8.</summary>
    [Range(1, 10_000)]
    public int RelaysPerCaller { get; set; } = 8;

    /// <summary>Seconds after which a relay that carries nothing is ended. Default 60.</summary>
    [Range(1, 3600)]
    public int RelayIdleSeconds { get; set; } = 60;

    /// <summary>Bytes a second of one relay, both ways together. Default 64 MiB; 0 for no limit.</summary>
    [Range(0, long.MaxValue)]
    public long RelayBytesPerSecond { get; set; } = 64 * 1024 * 1024;
}
