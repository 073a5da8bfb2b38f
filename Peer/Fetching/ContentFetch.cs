using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>
/// Fetches one content from several sources into a part. One loop owns the scheduler: it starts lanes for what is booked,
/// and takes what they tell one by one. A piece is marked after its bytes were verified and written, never before.
/// </summary>
public sealed class ContentFetch
{
    readonly PieceGeometry _geometry;
    readonly IPartStore _part;
    readonly SchedulerOptions _options;
    readonly TimeProvider _time;
    readonly PieceScheduler _scheduler;
    readonly List<FetchSource> _sources = [];
    readonly List<Lane> _lanes = [];
    readonly Channel<FetchEvent> _events = Channel.CreateUnbounded<FetchEvent>(new UnboundedChannelOptions { SingleReader = true });
    readonly long _started;
    int _looking;

    public ContentFetch(PieceGeometry geometry, IPartStore part, SchedulerOptions options, TimeProvider time)
    {
        _geometry = geometry;
        _part = part;
        _options = options;
        _time = time;
        _started = time.GetTimestamp();
        _scheduler = new PieceScheduler(geometry, part.Has, options);
    }

    /// <summary>All sources that were ever tried.</summary>
    public IReadOnlyList<FetchSource> Sources => _sources;

    /// <summary>Told verified bytes as they come, from several threads.</summary>
    public Action<long>? Received { get; set; }

    /// <summary>Every piece is in the part.</summary>
    public bool IsDone => _scheduler.IsDone;

    /// <summary>Adds a source, or gives one that is known and was given up another chance unless it lied.</summary>
    /// <returns>Whether it will be asked.</returns>
    public bool Offer(FetchSource source)
    {
        int known = _sources.FindIndex(s => s.Key == source.Key);
        if (known < 0)
        {
            known = _scheduler.AddSource(source.Pieces is { } pieces ? pieces.Has : null);
            _sources.Add(source);
        }

        _sources[known].Blocks = source.Blocks;
        _scheduler.Revive(known);
        return !_scheduler.IsOut(known);
    }

    /// <summary>Adds a source while the fetch runs; from any thread.</summary>
    public void Announce(FetchSource source) => _events.Writer.TryWrite(new FetchEvent(Source: source));

    /// <summary>A partial source has more; from any thread. Many say so in a crowd, and are looked at together a moment later.</summary>
    public void LookAgain()
    {
        if (Interlocked.Exchange(ref _looking, 1) == 0)
            _ = LookLaterAsync();
    }

    async Task LookLaterAsync()
    {
        await Task.Delay(_options.LookTogether, _time);
        Volatile.Write(ref _looking, 0);
        _events.Writer.TryWrite(default);
    }

    /// <summary>Runs until the part is whole or no source is left to ask.</summary>
    /// <returns>Whether it is whole. If not, offer more sources and run again, or give up.</returns>
    /// <exception cref="LocalDiskException">The disk refused; what is marked stays.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> running = [];
        try
        {
            while (!_scheduler.IsDone)
            {
                running.RemoveAll(t => t.IsCompleted);
                TimeSpan now = Now;
                running.AddRange(StartLanes(now, stop.Token));
                TimeSpan? ready = _scheduler.NextReady(now);
                bool idle = _lanes.Count == 0 && ready is null;
                if (idle && !_scheduler.MayGetMore)
                    return false;
                bool told = await WaitAsync(idle ? _options.PartialWait : ready - now, cancellationToken);
                if (idle && !told)
                    return false;
                while (_events.Reader.TryRead(out FetchEvent happened))
                    Take(happened);
            }

            return true;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running);
            EndLanes();
        }
    }

    TimeSpan Now => _time.GetElapsedTime(_started);

    List<Task> StartLanes(TimeSpan now, CancellationToken stop)
    {
        List<Task> started = [];
        bool booked;
        do
        {
            booked = false;
            for (int i = 0; i < _sources.Count; i++)
            {
                if (_scheduler.Book(i, now) is not { } booking)
                    continue;
                booked = true;
                Lane lane = new(booking, _sources[i], _geometry, _part, _events.Writer) { Received = Received };
                _lanes.Add(lane);
                started.Add(lane.RunAsync(stop));
            }
        }
        while (booked);
        return started;
    }

    // Until something is told, or a source that waits after a failure may be asked again.
    async Task<bool> WaitAsync(TimeSpan? wait, CancellationToken cancellationToken)
    {
        if (wait is null)
        {
            return await _events.Reader.WaitToReadAsync(cancellationToken);
        }

        using CancellationTokenSource ready = new(wait.Value, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ready.Token);
        try
        {
            return await _events.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (ready.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    void Take(FetchEvent happened)
    {
        if (happened.Source is { } source)
            Offer(source);
        if (happened.Lane is not { } lane)
            return;
        if (happened.Piece is { } hash)
        {
            Mark(lane.Booking, hash);
            return;
        }

        if (happened.Failure is { } failure)
            ExceptionDispatchInfo.Throw(failure);
        if (happened.Fault is { } fault)
            Blame(lane, fault);
        _scheduler.Release(lane.Booking);
        _lanes.Remove(lane);
        lane.Dispose();
    }

    void Mark(Booking booking, ContentRoot hash)
    {
        if (!_part.Has(booking.Next))
            _part.Mark(booking.Next, hash);
        foreach (Booking done in _scheduler.Complete(booking, Now))
        {
            // The lane that brought its last piece ends by itself: to stop it would reset a stream that is about to end well.
            if (done.Next < done.End)
                _lanes.Find(l => l.Booking == done)?.Stop();
        }
    }

    void Blame(Lane lane, FetchFailure fault)
    {
        lane.Source.Fault = fault;
        lane.Source.Rejected += fault.IsLie ? 1 : 0;
        _scheduler.Fail(lane.Booking.Source, fault, Now);
        if (!_scheduler.IsBanned(lane.Booking.Source))
            return;
        foreach (Lane other in _lanes.Where(l => l.Source == lane.Source && l != lane))
            other.Stop();
    }

    // Pieces that lanes told of before they were stopped are verified and written: they count.
    void EndLanes()
    {
        while (_events.Reader.TryRead(out FetchEvent happened))
        {
            if (happened is { Piece: { } hash, Lane: { } lane })
                Mark(lane.Booking, hash);
        }

        foreach (Lane ended in _lanes)
        {
            _scheduler.Release(ended.Booking);
            ended.Dispose();
        }

        _lanes.Clear();
    }
}
