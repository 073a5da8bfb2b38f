namespace P2P.Commands;

/// <summary>What the process ends with. Scripts rely on these numbers; they are listed in <c>--help</c> and in docs/peer.md.</summary>
public static class ExitCodes
{
    /// <summary>Done, whole.</summary>
    public const int Ok = 0;

    /// <summary>Failed in a way that has no number of its own, or in several ways at once.</summary>
    public const int Failed = 1;

    /// <summary>The command line, a setting or a request is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The other side knows and says no: wrong password, no permission, inbox closed.</summary>
    public const int Refused = 3;

    /// <summary>No such peer, file, folder or content.</summary>
    public const int NotFound = 4;

    /// <summary>The directory, or every source, does not answer or is too busy. Trying later may help.</summary>
    public const int Unavailable = 5;

    /// <summary>Bytes came that do not have the root, or a file changed under way.</summary>
    public const int Damaged = 6;

    /// <summary>This machine's disk: full, or not readable or writable.</summary>
    public const int Disk = 7;

    /// <summary>The name stands for several contents, peers or lengths: say which.</summary>
    public const int Ambiguous = 8;

    /// <summary>Something is in the place where the result belongs, and was left alone.</summary>
    public const int Exists = 9;

    /// <summary>The directory is not the one that was named or known: its key is another.</summary>
    public const int Untrusted = 10;

    /// <summary>Stopped by Ctrl-C or a signal.</summary>
    public const int Cancelled = 130;

    /// <summary>Code and meaning, for help texts.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "done"),
        (Failed, "failed, or several things failed in different ways"),
        (Usage, "wrong command line or setting"),
        (Refused, "refused: wrong password, no permission, inbox closed"),
        (NotFound, "no such peer, file, folder or content"),
        (Unavailable, "the directory or every source is away or busy"),
        (Damaged, "wrong bytes, or a file changed under way"),
        (Disk, "this machine's disk is full, or not readable or writable"),
        (Ambiguous, "the name stands for several things: say which"),
        (Exists, "the target exists and was left alone"),
        (Untrusted, "the directory's key is not the one that was named or known"),
        (Cancelled, "stopped by Ctrl-C or a signal"),
    ];
}
