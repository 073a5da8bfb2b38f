namespace P2P.Server.Hosting;

/// <summary>How the program ends.</summary>
static class ExitCodes
{
    public const int Stopped = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Store = 3;
    public const int Address = 4;
    public const int Unsafe = 5;

    public static readonly IReadOnlyList<(int Code, string Meaning)> All =
    [
        (Stopped, "stopped as asked"),
        (Failed, "an error that is none of the others"),
        (Usage, "options that cannot be understood"),
        (Store, "the data folder is in use, or its store cannot be opened"),
        (Address, "the address is in use, or cannot be bound"),
        (Unsafe, "the options would expose more than they say; the message names the option that allows it"),
    ];
}

/// <summary>Why the program does not start, in a sentence for whoever started it.</summary>
sealed class StartRefusedException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
