using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>
/// Decides which source is asked for which pieces of one content. Pure: it never sends, waits or looks at a clock, and has
/// one owner, which tells it what happened and when.
/// </summary>
/// <remarks>
/// While pieces are left that nobody was asked for, a source gets those next to its last ones, or starts in the widest gap
/// (with partial sources, at the rarest piece). Then a source with nothing to do repeats the last piece of the request that
/// would take longest, so that one slow source does not hold up the end. A piece is never asked for more than twice at once.
/// </remarks>
public sealed class PieceScheduler
{
    const byte MostBookings = 2;

    readonly PieceGeometry _geometry;
    readonly SchedulerOptions _options;
    readonly PiecePicker _picker;
    readonly List<SourceState> _sources = [];
    readonly byte[] _booked;
    readonly bool[] _done;
    long _left;

    /// <param name="geometry">The cut of the content.</param>
    /// <param name="has">Pieces that are here already.</param>
    /// <param name="options">How they are handed out.</param>
    public PieceScheduler(PieceGeometry geometry, Func<long, bool> has, SchedulerOptions options)
    {
        _geometry = geometry;
        _options = options;
        _booked = new byte[geometry.PieceCount];
        _done = new bool[geometry.PieceCount];
        for (long piece = 0; piece < geometry.PieceCount; piece++)
            _left += (_done[piece] = has(piece)) ? 0 : 1;
        _picker = new PiecePicker(_sources, piece => !_done[piece] && _booked[piece] == 0, geometry.PieceCount, options.Random, options.Scatter);
    }

    /// <summary>Every piece is here.</summary>
    public bool IsDone => _left == 0;

    /// <summary>Some source may still be asked, now or later.</summary>
    public bool HasHope => _sources.Exists(s => !s.Out);

    /// <summary>A partial source that lacks a piece which is wanted may get it.</summary>
    public bool MayGetMore => _sources.Exists(s => !s.Out && s.Has is not null && LacksSome(s));

    /// <summary>Adds a source.</summary>
    /// <param name="has">Which pieces it has; null for all.</param>
    /// <returns>Its number for the other calls.</returns>
    public int AddSource(Func<long, bool>? has = null)
    {
        _sources.Add(new SourceState(_sources.Count, has));
        return _sources.Count - 1;
    }

    /// <summary>Gives a source that was given up, but never lied, another chance.</summary>
    public void Revive(int source) => _sources[source].Revive();

    public bool IsBanned(int source) => _sources[source].Banned;

    /// <summary>The source is not asked any more.</summary>
    public bool IsOut(int source) => _sources[source].Out;

    /// <summary>When a source that waits after a failure may be asked again; null if none waits.</summary>
    public TimeSpan? NextReady(TimeSpan now) =>
        _sources.Where(s => !s.Out && s.ReadyAt > now).Select(s => (TimeSpan?)s.ReadyAt).Min();

    /// <summary>Chooses the next pieces to ask a source for; null if it has enough to do, or nothing that is wanted.</summary>
    public Booking? Book(int source, TimeSpan now)
    {
        SourceState state = _sources[source];
        if (IsDone || state.Out || now < state.ReadyAt || state.Bookings.Count >= _options.Lanes)
            return null;
        // A source that failed must show itself with one request before it gets more.
        if (state.Failures > 0 && state.Bookings.Count > 0)
            return null;
        long first = _picker.FirstFree(state);
        long end = first >= 0 ? EndOfRun(state, first) : (first = PieceToRepeat(state, now)) + 1;
        if (first < 0)
            return null;
        Booking booking = new(source, first, end, now);
        for (long piece = first; piece < end; piece++)
            _booked[piece]++;
        state.Bookings.Add(booking);
        state.Cursor = end;
        return booking;
    }

    /// <summary>The booking's next piece came and was verified and written.</summary>
    /// <returns>Bookings of which every piece is here now, this one perhaps among them: to be stopped and released.</returns>
    public IReadOnlyList<Booking> Complete(Booking booking, TimeSpan now)
    {
        long piece = booking.Next++;
        _sources[booking.Source].Delivered(_geometry.LengthOf(piece), now - booking.Since);
        booking.Since = now;
        _left -= _done[piece] ? 0 : 1;
        _done[piece] = true;
        return [.. _sources.SelectMany(s => s.Bookings).Where(b => b.First <= piece && piece < b.End && IsVoid(b))];
    }

    /// <summary>The booking's request ended, well or not; what did not come is free for others again.</summary>
    public void Release(Booking booking)
    {
        if (!_sources[booking.Source].Bookings.Remove(booking))
            return;
        for (long piece = booking.First; piece < booking.End; piece++)
            _booked[piece]--;
    }

    /// <summary>A source failed.</summary>
    public void Fail(int source, FetchFailure fault, TimeSpan now) => _sources[source].Failed(fault, now, _options);

    bool LacksSome(SourceState source)
    {
        for (long piece = 0; piece < _geometry.PieceCount; piece++)
        {
            if (!_done[piece] && !source.CanServe(piece))
                return true;
        }

        return false;
    }

    bool IsVoid(Booking booking)
    {
        for (long piece = booking.Next; piece < booking.End; piece++)
        {
            if (!_done[piece])
                return false;
        }

        return true;
    }

    long EndOfRun(SourceState state, long first)
    {
        int active = Math.Max(1, _sources.Count(s => !s.Out));
        long most = Math.Min(_options.MaxRequest, _options.MaxInFlight / (active * _options.Lanes));
        // A source of known speed is asked for what it sends in a while, so that what it holds back is never much.
        if (state.Rate > 0)
            most = Math.Min(most, (long)(state.Rate * _options.LongestRequest.TotalSeconds));
        if (_picker.HasPartialSources)
            most = Math.Min(most, _options.MaxRequestInSwarm);
        long end = first + 1;
        while (end < _geometry.PieceCount && _geometry.BytesOf(first, end + 1).Length <= most
               && !_done[end] && _booked[end] == 0 && state.CanServe(end))
            end++;
        return end;
    }

    // The last piece of the request of another source that will take longest, if this source is likely to be quicker.
    long PieceToRepeat(SourceState state, TimeSpan now)
    {
        (long piece, double wait) = (-1, 0);
        foreach (Booking other in _sources.Where(s => s != state).SelectMany(s => s.Bookings))
        {
            long last = other.End - 1;
            while (last >= other.Next && (_done[last] || _booked[last] >= MostBookings || !state.CanServe(last)))
                last--;
            double expected = last < other.Next ? 0 : SecondsLeft(other, last, now);
            if (expected > wait && expected > 1.5 * SecondsFor(state, last))
                (piece, wait) = (last, expected);
        }

        return piece;
    }

    double SecondsFor(SourceState state, long piece) => state.Rate == 0 ? 0 : _geometry.LengthOf(piece) / state.Rate;

    // A source of unknown speed counts as twice as slow as it has proved to be by its silence.
    double SecondsLeft(Booking booking, long last, TimeSpan now)
    {
        double silent = Math.Max(0, (now - booking.Since).TotalSeconds);
        double rate = _sources[booking.Source].Rate;
        return rate == 0 ? Math.Max(silent, 0.001) * 2 : Math.Max(silent, _geometry.BytesOf(booking.Next, last + 1).Length / rate - silent);
    }
}
