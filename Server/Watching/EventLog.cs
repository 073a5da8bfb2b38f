using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Watching;

/// <summary>What a watcher finds behind a number.</summary>
/// <param name="Event">The next change, if there is one.</param>
/// <param name="IsGone">The number is too old, or none that this run of the directory gave.</param>
/// <param name="Lag">How much lies behind the number, as a part of all that is kept.</param>
/// <param name="More">Ends when there is another change.</param>
readonly record struct LogRead(LoggedEvent? Event, bool IsGone, double Lag, Task More);

/// <summary>
/// The last changes, by number, in memory. Whoever changes a peer writes them down here after they became visible, under that peer's lock.
/// The past is bounded by its files; watchers read at their own pace, and those that fall behind it have lost their place.
/// </summary>
/// <remarks>
/// A number is the run of the directory and, below it, a count. So no number of an earlier run is taken for one of this run, and all
/// numbers of this run are higher. Runs are numbered by the minute in which they start, or by one more than the run before if that is
/// higher: neither a clock that went back nor a store restored from a backup makes a number come again.
/// </remarks>
sealed class EventLog(WatchOptions options, TimeProvider time)
{
    const int CountBits = 36;

    /// <summary>No single change takes more of the bound than this part of it: one huge peer must not push out all else.</summary>
    const int LargestPart = 4;

    readonly Lock _lock = new();
    readonly List<LoggedEvent> _events = [];
    int _head;
    long _weight;
    long _total;
    long _newest;
    TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The last number given.</summary>
    public long Newest
    {
        get
        {
            lock (_lock)
            {
                return _newest;
            }
        }
    }

    /// <summary>Starts to count for a run, higher than all runs before; forgets what the loading of the store wrote down.</summary>
    public void Begin(long run)
    {
        lock (_lock)
        {
            _events.Clear();
            (_head, _weight, _newest) = (0, 0, Before(run));
        }
    }

    /// <summary>The number of a run that starts now, by that of the one before.</summary>
    public static long Run(long last, DateTimeOffset now) => Math.Max(last + 1, now.ToUnixTimeSeconds() / 60);

    /// <summary>The number before the first of a run.</summary>
    public static long Before(long run) => run << CountBits;

    public void Came(LivePeer peer) => Append(new PeerCame(peer, time.GetUtcNow()));

    /// <param name="peer">The peer.</param>
    /// <param name="last">What it was before it went.</param>
    public void Went(LivePeer peer, PeerInfo last) => Append(new PeerWent(peer, time.GetUtcNow()) { Info = last });

    public void Changed(LivePeer peer, FolderAccess before, IReadOnlyList<FileEntry> gone, IReadOnlyList<FileEntry> @new)
    {
        if (gone.Count + @new.Count > 0)
        {
            Append(new FilesChanged(peer, time.GetUtcNow(), gone, @new) { Access = [before, peer.Catalog.Access] });
        }
    }

    public void Replaced(LivePeer peer, PeerCatalog before, PeerCatalog after)
    {
        if (before.FileCount + after.FileCount > 0)
        {
            Append(new FilesReplaced(peer, time.GetUtcNow(), before, after) { Access = [before.Access, after.Access] });
        }
    }

    /// <summary>The change that a number is within or before.</summary>
    public LogRead Next(long after)
    {
        lock (_lock)
        {
            var oldest = _head < _events.Count ? _events[_head].First : _newest + 1;
            if (after < oldest - 1 || after >= _newest)
            {
                return new LogRead(null, after != _newest, 0, _more.Task);
            }

            var next = _events[Position(after)];
            var behind = _total - next.Total + Weight(next);
            return new LogRead(next, false, (double)behind / options.KeptEvents, _more.Task);
        }
    }

    /// <summary>Makes all watchers look whether their sessions still live.</summary>
    public void Wake()
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            more = Exchange();
        }

        more.SetResult();
    }

    TaskCompletionSource Exchange()
    {
        var more = _more;
        _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return more;
    }

    void Append(LoggedEvent @event)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            @event.First = _newest + 1;
            _newest = @event.Last;
            _events.Add(@event);
            _weight += Weight(@event);
            _total += Weight(@event);
            @event.Total = _total;
            for (; _weight > options.KeptEvents; _head++)
            {
                _weight -= Weight(_events[_head]);
                _events[_head] = null!;
            }

            if (_head > _events.Count / 2)
            {
                _events.RemoveRange(0, _head);
                _head = 0;
            }

            more = Exchange();
        }

        more.SetResult();
    }

    long Weight(LoggedEvent @event) => Math.Min(1 + @event.Files, options.KeptEvents / LargestPart);

    /// <summary>The first event that ends behind a number.</summary>
    int Position(long after)
    {
        var (low, high) = (_head, _events.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _events[middle].Last > after ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
