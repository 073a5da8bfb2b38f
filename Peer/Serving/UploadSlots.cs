namespace P2P.Peers.Serving;

/// <summary>
/// Limits how many Download calls are served at once, and is fair when there are more: who is refused has a place in a queue, which it
/// keeps by coming again, and who has a slot gets no second one while others wait. Those whom the owner prefers go first, but of four
/// slots that are given while others wait, one is another's.
/// </summary>
/// <param name="count">How many; at least 1.</param>
/// <param name="retry">How long the first in the queue is told to wait.</param>
/// <param name="isPreferred">Whom the owner prefers.</param>
/// <param name="time">The clock.</param>
sealed class UploadSlots(int count, TimeSpan retry, Func<string, bool> isPreferred, TimeProvider time)
{
    /// <summary>So many of the preferred in a row, then one of the others, if any wait.</summary>
    internal const int PreferredInARow = 3;

    /// <summary>Who is not back by then, counted from when it should have been, has lost its place.</summary>
    public static readonly TimeSpan Lost = TimeSpan.FromSeconds(5);

    const int MostWaiting = 1000;
    const int LongestWait = 15;

    readonly Lock _lock = new();
    readonly List<Waiting> _queue = [];
    readonly Dictionary<string, int> _held = [];
    int _taken;
    int _inARow;

    public int Count { get; } = count;

    /// <summary>Slots that nobody has, whoever may be waiting for them.</summary>
    public int Free
    {
        get
        {
            lock (_lock)
            {
                return Count - _taken;
            }
        }
    }

    /// <summary>Takes a slot until disposal, or tells the place in the queue.</summary>
    /// <param name="caller">Tells callers apart.</param>
    /// <param name="place">Null with a slot.</param>
    public IDisposable? TryTake(string caller, out QueuePlace? place)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _queue.RemoveAll(waiting => time.GetElapsedTime(waiting.Due, now) > Lost);
            var index = _queue.FindIndex(waiting => waiting.Caller == caller);
            var isFirst = isPreferred(caller);
            var ahead = Ahead(index, isFirst);
            var isGreedy = _held.ContainsKey(caller) && _queue.Exists(waiting => waiting.Caller != caller);
            if (_taken + ahead < Count && !isGreedy)
            {
                place = null;
                var isOtherWaiting = _queue.Exists(waiting => !waiting.IsPreferred && waiting.Caller != caller);
                _inARow = isFirst && isOtherWaiting ? Math.Min(PreferredInARow, _inARow + 1) : 0;
                return Take(caller, index);
            }

            var wait = retry * Math.Min(LongestWait, 1 + (ahead / Count));
            place = new QueuePlace(ahead + 1, wait);
            var entry = new Waiting(caller, isFirst, now + (long)(wait.TotalSeconds * time.TimestampFrequency));
            if (index >= 0)
            {
                _queue[index] = entry;
            }
            else if (_queue.Count < MostWaiting && !isGreedy)
            {
                _queue.Add(entry);
            }

            return null;
        }
    }

    // How many go before one in the queue, or one who is about to join it, were they all served now.
    int Ahead(int index, bool isFirst)
    {
        var end = index < 0 ? _queue.Count : index;
        var before = _queue.Take(end).Count(waiting => waiting.IsPreferred == isFirst);
        var others = _queue.Count(waiting => waiting.IsPreferred != isFirst);
        // Those of the other kind whose turn comes before that of who has so many of its own kind ahead.
        var between = isFirst
            ? (_inARow + before) / PreferredInARow
            : ((before + 1) * PreferredInARow) - _inARow;
        return before + Math.Min(others, between);
    }

    Slot Take(string caller, int index)
    {
        if (index >= 0)
        {
            _queue.RemoveAt(index);
        }

        _taken++;
        _held[caller] = _held.GetValueOrDefault(caller) + 1;
        return new Slot(this, caller);
    }

    void Return(string caller)
    {
        lock (_lock)
        {
            _taken--;
            if (--_held[caller] == 0)
            {
                _held.Remove(caller);
            }
        }
    }

    sealed record Waiting(string Caller, bool IsPreferred, long Due);

    sealed class Slot(UploadSlots owner, string caller) : IDisposable
    {
        int _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            {
                owner.Return(caller);
            }
        }
    }
}

/// <summary>Where a caller stands.</summary>
/// <param name="Number">1 for the first.</param>
/// <param name="Wait">When to come again.</param>
readonly record struct QueuePlace(int Number, TimeSpan Wait);
