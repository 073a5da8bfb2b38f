using P2P.Content;
using P2P.Peers.Fetching;

namespace P2P.Peers.Tests.Fetching;

/// <summary>How a source of a simulation behaves.</summary>
/// <param name="Rate">Bytes a second.</param>
/// <param name="Has">Which pieces it has; null for all.</param>
/// <param name="FailsAfter">It fails after so many pieces; negative for never.</param>
/// <param name="Fault">How it fails.</param>
sealed record SimulatedSource(double Rate, Func<long, bool>? Has = null, int FailsAfter = -1, FetchFault Fault = FetchFault.Unavailable);

/// <summary>Runs a scheduler against sources in a time of its own, and checks each step.</summary>
sealed class SchedulerSimulation
{
    readonly PieceGeometry _geometry;
    readonly SchedulerOptions _options;
    readonly PieceScheduler _scheduler;
    readonly SimulatedSource[] _sources;
    readonly int[] _delivered;
    readonly int[] _bookings;
    readonly bool[] _done;
    readonly List<Running> _running = [];

    public SchedulerSimulation(PieceGeometry geometry, SimulatedSource[] sources, SchedulerOptions options)
    {
        (_geometry, _options, _sources) = (geometry, options, sources);
        _scheduler = new PieceScheduler(geometry, _ => false, options);
        _delivered = new int[sources.Length];
        _bookings = new int[geometry.PieceCount];
        _done = new bool[geometry.PieceCount];
        foreach (SimulatedSource source in sources)
            _scheduler.AddSource(source.Has);
    }

    public TimeSpan Now { get; private set; }

    public long BytesSent { get; private set; }

    public bool IsDone => _scheduler.IsDone;

    sealed record Running(Booking Booking)
    {
        public TimeSpan Due { get; set; }
    }

    /// <summary>Until it is done or without hope.</summary>
    public SchedulerSimulation Run()
    {
        for (int steps = 0; !_scheduler.IsDone; steps++)
        {
            Assert.True(steps < 200_000, "The simulation does not end.");
            BookAll();
            if (_running.Count == 0)
            {
                if (!_scheduler.HasHope || _scheduler.NextReady(Now) is not { } ready)
                    return this;
                Now = ready;
                continue;
            }

            Step(_running.MinBy(r => r.Due)!);
        }

        return this;
    }

    void BookAll()
    {
        for (int booked = 1; booked > 0;)
        {
            booked = 0;
            for (int i = 0; i < _sources.Length; i++)
            {
                if (_scheduler.Book(i, Now) is not { } booking)
                    continue;
                booked++;
                Check(i, booking);
                _running.Add(new Running(booking) { Due = Now + TimeOf(booking) });
            }
        }
    }

    void Check(int source, Booking booking)
    {
        Assert.Equal(source, booking.Source);
        Assert.False(_scheduler.IsOut(source));
        Assert.True(_running.Count(r => r.Booking.Source == source) < _options.Lanes);
        for (long piece = booking.First; piece < booking.End; piece++)
        {
            Assert.False(_done[piece]);
            Assert.True(_sources[source].Has?.Invoke(piece) ?? true);
            Assert.True(++_bookings[piece] <= 2);
        }
    }

    void Step(Running running)
    {
        Booking booking = running.Booking;
        SimulatedSource source = _sources[booking.Source];
        Now = running.Due > Now ? running.Due : Now;
        if (_delivered[booking.Source] == source.FailsAfter)
        {
            _scheduler.Fail(booking.Source, new FetchFailure(source.Fault, "It failed."), Now);
            foreach (Running other in _running.Where(r => r.Booking.Source == booking.Source).ToArray())
                End(other);
            return;
        }

        _delivered[booking.Source]++;
        BytesSent += _geometry.LengthOf(booking.Next);
        _done[booking.Next] = true;
        IReadOnlyList<Booking> over = _scheduler.Complete(booking, Now);
        foreach (Running other in _running.Where(r => over.Contains(r.Booking)).ToArray())
            End(other);
        if (booking.Next < booking.End && !over.Contains(booking))
            running.Due = Now + TimeOf(booking);
    }

    void End(Running running)
    {
        _running.Remove(running);
        _scheduler.Release(running.Booking);
        for (long piece = running.Booking.First; piece < running.Booking.End; piece++)
            _bookings[piece]--;
    }

    // Two lanes share a source's line.
    TimeSpan TimeOf(Booking booking)
    {
        int lanes = Math.Max(1, _running.Count(r => r.Booking.Source == booking.Source));
        return TimeSpan.FromSeconds(_geometry.LengthOf(booking.Next) * lanes / _sources[booking.Source].Rate);
    }
}
