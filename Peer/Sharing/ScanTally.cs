namespace P2P.Peers.Sharing;

/// <summary>Why an entry is not shared.</summary>
enum SkipReason
{
    /// <summary>A link, socket, FIFO or device.</summary>
    NotRegular,

    /// <summary>Not UTF-8, or against the rules of shared paths.</summary>
    Name,

    /// <summary>The system did not let us read it.</summary>
    Unreadable,
}

/// <summary>Counts what a scan passes over, and keeps one example of each kind for the warning.</summary>
sealed class ScanTally
{
    readonly int[] _counts = new int[Enum.GetValues<SkipReason>().Length];
    readonly string?[] _examples = new string?[Enum.GetValues<SkipReason>().Length];

    public int Count(SkipReason reason) => Volatile.Read(ref _counts[(int)reason]);

    public string? Example(SkipReason reason) => Volatile.Read(ref _examples[(int)reason]);

    public void Skip(SkipReason reason, string path)
    {
        Interlocked.Increment(ref _counts[(int)reason]);
        Volatile.Write(ref _examples[(int)reason], path);
    }
}
