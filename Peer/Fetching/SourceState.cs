using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>What the scheduler knows of one source.</summary>
sealed class SourceState(int id, Func<long, bool>? has)
{
    // A new measurement counts for so much; the older ones for the rest.
    const double Newest = 0.3;

    public int Id => id;

    public List<Booking> Bookings { get; } = [];

    /// <summary>Null when it has every piece.</summary>
    public Func<long, bool>? Has { get; set; } = has;

    /// <summary>Where it would go on reading.</summary>
    public long Cursor { get; set; }

    /// <summary>Bytes a second; 0 while unknown.</summary>
    public double Rate { get; private set; }

    /// <summary>It is not asked any more.</summary>
    public bool Out { get; private set; }

    public bool Banned { get; private set; }

    public int Failures { get; private set; }

    public TimeSpan ReadyAt { get; private set; }

    public bool CanServe(long piece) => Has is null || Has(piece);

    public void Delivered(long bytes, TimeSpan took)
    {
        Failures = 0;
        double measured = bytes / Math.Max(took.TotalSeconds, 0.001);
        Rate = Rate == 0 ? measured : Rate * (1 - Newest) + measured * Newest;
    }

    public void Failed(FetchFailure fault, TimeSpan now, SchedulerOptions options)
    {
        Failures++;
        Banned |= fault.IsLie;
        bool passing = fault.Fault is FetchFault.Busy or FetchFault.Unavailable or FetchFault.Silent;
        int most = fault.Fault == FetchFault.Busy ? options.MaxFailures * 8 : options.MaxFailures;
        Out |= !passing || Failures >= most;
        TimeSpan wait = fault.Fault == FetchFault.Busy
            ? fault.RetryAfter ?? options.BusyRetry
            : options.FirstRetry * Math.Pow(2, Failures - 1);
        ReadyAt = TimeSpan.FromTicks(Math.Max(ReadyAt.Ticks, (now + wait).Ticks));
    }

    /// <summary>The directory named it again: it gets a new chance, unless it lied.</summary>
    public void Revive()
    {
        if (Banned || !Out)
            return;
        Out = false;
        Failures = 0;
        ReadyAt = TimeSpan.Zero;
    }
}
