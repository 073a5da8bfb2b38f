using System.Collections.Concurrent;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;

namespace P2P.Server.Lines;

/// <summary>The meetings that are open, bounded in all and for whoever opens them.</summary>
sealed class MeetingPlace(LineOptions options)
{
    readonly ConcurrentDictionary<string, Meeting> _meetings = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> _callers = new(StringComparer.Ordinal);
    readonly Lock _lock = new();
    int _places;
    long _bytes;

    /// <summary>Relays that are open or being arranged.</summary>
    public int Count => Volatile.Read(ref _places);

    /// <summary>Bytes passed on since the start.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void Passed(int bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Takes a place until disposal; null if there is none, for all or for this caller.</summary>
    public IDisposable? TryTake(string caller)
    {
        lock (_lock)
        {
            var held = _callers.GetValueOrDefault(caller);
            if (_places >= options.RelaysAtOnce || held >= options.RelaysPerCaller)
            {
                return null;
            }

            _places++;
            _callers[caller] = held + 1;
            return new Place(this, caller);
        }
    }

    public Meeting Open(LivePeer invited)
    {
        var meeting = new Meeting(ControlLine.NewId(), invited);
        _meetings[meeting.Id] = meeting;
        return meeting;
    }

    public void Close(Meeting meeting, bool met)
    {
        _meetings.TryRemove(meeting.Id, out _);
        meeting.End(met);
    }

    /// <summary>The meeting to which a peer was invited.</summary>
    /// <exception cref="RefusalException">There is none of that id, or it is for another.</exception>
    public Meeting Require(string id, LivePeer? peer)
    {
        if (!_meetings.TryGetValue(id, out var meeting))
        {
            throw new RefusalException(ErrorReason.NoSuchPeer, "Nobody waits under that id.");
        }

        return ReferenceEquals(meeting.Invited, peer)
            ? meeting
            : throw new RefusalException(ErrorReason.NotYours, "The meeting is another peer's.");
    }

    void Return(string caller)
    {
        lock (_lock)
        {
            _places--;
            if (--_callers[caller] == 0)
            {
                _callers.Remove(caller);
            }
        }
    }

    sealed class Place(MeetingPlace owner, string caller) : IDisposable
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
