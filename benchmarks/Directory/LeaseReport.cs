using System.Diagnostics;
using System.Net;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Lines;
using P2P.Server.Sessions;
using P2P.Server.Tickets;
using P2P.Server.Watching;

namespace P2P.DirectoryBench;

/// <summary>100,000 sessions in the directory's own tables: what it costs when they come, are renewed, and all expire.</summary>
static class LeaseReport
{
    const int Sessions = 100_000;
    const int LeaseSeconds = 60;

    public static void Run()
    {
        var time = new SteppedTime();
        var leases = new LeaseBook(time);
        var events = new Server.Watching.EventLog(new WatchOptions(), time);
        var index = new CatalogIndex();
        var table = new SessionTable(index, leases, events, new GivenTickets(new LineRegistry(), index, new RevocationNews(isShared: false)));
        var all = Enumerable.Range(0, Sessions).Select(Session).ToList();

        var adding = Micros(() => all.ForEach(session => table.Add(session, LeaseSeconds)));
        var renewing = Micros(() => all.ForEach(session => leases.Renew(session, LeaseSeconds)));
        var (longest, ended) = (TimeSpan.Zero, 0);
        var expiring = Micros(() =>
        {
            for (var second = 0; second < 3 * LeaseSeconds; second++)
            {
                time.Step(TimeSpan.FromSeconds(1));
                var started = Stopwatch.GetTimestamp();
                var expired = leases.TakeExpired();
                longest = Max(longest, Stopwatch.GetElapsedTime(started));
                foreach (var session in expired)
                {
                    table.End(session, ErrorReason.SessionUnknown, time.GetUtcNow());
                    ended++;
                }
            }
        });
        Console.WriteLine($"leases         {Sessions:N0} sessions: {adding:N1} µs to come, {renewing:N2} µs to renew, {expiring:N1} µs to expire; longest look {longest.TotalMilliseconds:N1} ms, {ended:N0} ended in one second");
    }

    static Session Session(int number)
    {
        var identity = new PeerIdentity(
            $"peer{number}", $"user{number % 500}", "", new PeerEndpoint(new IPAddress([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]), 5001, false), [], true,
            DateTimeOffset.UnixEpoch, null);
        return new Session($"token{number}", identity.User, new LivePeer(identity, PeerCatalog.Empty), null);
    }

    static double Micros(Action work)
    {
        var started = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Sessions;
    }

    static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>Stands still between steps.</summary>
    sealed class SteppedTime : TimeProvider
    {
        long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Step(TimeSpan by) => _ticks += by.Ticks;

        public override long GetTimestamp() => _ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_ticks);
    }
}
