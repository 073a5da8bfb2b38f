namespace P2P.Server.Sessions;

/// <summary>
/// When leases end, in buckets of one second. A renewal only writes the session's new end; the session moves to its bucket when the
/// old one comes up. So a renewal costs nothing, and no sweep looks at more than what may have expired.
/// </summary>
sealed class LeaseBook(TimeProvider time)
{
    readonly Lock _lock = new();
    readonly Dictionary<long, List<Session>> _buckets = [];
    readonly long _started = time.GetTimestamp();
    long _done;

    long Now => (long)time.GetElapsedTime(_started).TotalSeconds;

    /// <summary>Starts a session's lease.</summary>
    public void Start(Session session, int leaseSeconds)
    {
        session.Expires = long.MaxValue;
        Renew(session, leaseSeconds);
    }

    public void Renew(Session session, int leaseSeconds)
    {
        var expires = Now + leaseSeconds + 1;
        var isSooner = expires < session.Expires;
        session.LeaseSeconds = leaseSeconds;
        session.Expires = expires;
        if (isSooner)
        {
            // The bucket in which it stands, if any, comes up too late; there it is then found a second time.
            lock (_lock)
            {
                Enter(session);
            }
        }
    }

    /// <summary>Whether a session's lease has run out.</summary>
    public bool IsOver(Session session) => session.Expires <= Now;

    /// <summary>When to renew: jittered, so that many do not come at once, and early enough that two tries may fail.</summary>
    public static int RenewAfter(int leaseSeconds) =>
        Math.Max(1, Random.Shared.Next(leaseSeconds * 3 / 10, (leaseSeconds / 2) + 1));

    /// <summary>Takes out the sessions whose leases have ended since the last call; some of them may have come before.</summary>
    public IReadOnlyList<Session> TakeExpired()
    {
        var expired = new List<Session>();
        var now = Now;
        lock (_lock)
        {
            for (; _done <= now; _done++)
            {
                if (!_buckets.Remove(_done, out var due))
                {
                    continue;
                }

                foreach (var session in due)
                {
                    if (session.Expires <= now)
                    {
                        expired.Add(session);
                    }
                    else
                    {
                        Enter(session);
                    }
                }
            }
        }

        return expired;
    }

    void Enter(Session session)
    {
        // A bucket that has passed is never looked at again.
        var bucket = Math.Max(session.Expires, _done);
        if (!_buckets.TryGetValue(bucket, out var sessions))
        {
            _buckets[bucket] = sessions = [];
        }

        sessions.Add(session);
    }
}
