namespace P2P.Peers.CommandLine;

/// <summary>The rate of the last ten seconds.</summary>
sealed class RateMeter
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    readonly Queue<(TimeSpan At, long Bytes)> _samples = [];

    public double BytesPerSecond { get; private set; }

    /// <param name="at">Time since the start.</param>
    /// <param name="bytes">Bytes moved since the start.</param>
    public void Add(TimeSpan at, long bytes)
    {
        if (_samples.Count == 0)
            _samples.Enqueue((TimeSpan.Zero, 0));
        _samples.Enqueue((at, bytes));
        while (_samples.Count > 2 && at - _samples.Peek().At > Window)
            _samples.Dequeue();
        (TimeSpan since, long before) = _samples.Peek();
        BytesPerSecond = (bytes - before) / Math.Max((at - since).TotalSeconds, 0.001);
    }

    /// <summary>Null while nothing moves, and where it would be more than ever ends.</summary>
    public TimeSpan? TimeLeft(long bytes)
    {
        double seconds = bytes / BytesPerSecond;
        return seconds is >= 0 and < 1e8 ? TimeSpan.FromSeconds(seconds) : null;
    }
}
