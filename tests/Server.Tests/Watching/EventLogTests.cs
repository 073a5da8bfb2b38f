using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Tests.Catalogs;
using P2P.Server.Viewing;
using P2P.Server.Watching;

namespace P2P.Server.Tests.Watching;

public sealed class EventLogTests
{
    readonly EventLog _log = Log(1000);

    static EventLog Log(int kept)
    {
        var log = new EventLog(new WatchOptions { KeptEvents = kept }, new FakeTimeProvider());
        log.Begin(7);
        return log;
    }

    /// <summary>Whatever happened: numbers rise, and going on behind any of them gives the rest and nothing else.</summary>
    [Fact]
    public void Read_FromAnyNumber_GivesExactlyTheRest() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var log = Log(100_000);
        for (var i = 0; i < 12; i++)
        {
            Happen(log, random);
        }

        var filter = new EventFilter(new WatchRequest { Archivo = "1" }, () => Viewer.OfAll);
        var all = Read(log, filter, EventLog.Before(7));
        var numbers = all.Select(message => message.Sequence).ToList();
        return numbers.Zip(numbers.Skip(1)).All(pair => pair.First < pair.Second)
            && numbers.Append(log.Newest).All(after => Read(log, filter, after).SequenceEqual(all.Where(message => message.Sequence > after)));
    }).QuickCheckThrowOnFailure();

    /// <summary>Whoever applies the events to what it listed before has what a list shows now.</summary>
    [Fact]
    public void Read_Replaced_LeadsFromTheOldListToTheNew() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var (before, after) = (PeerCatalog.Of(Files(random)), PeerCatalog.Of(Files(random)));
        var log = Log(100_000);
        log.Replaced(Peers.Live("p"), before, after);
        var files = before.From("").ToDictionary(file => file.Path, file => file.ToEntry());
        foreach (var message in Read(log, new EventFilter(new WatchRequest(), () => Viewer.OfAll), EventLog.Before(7)))
        {
            var (known, entry) = (files.GetValueOrDefault(message.File.Path), message.File);
            if (message.Kind == WatchKind.FileRemoved ? !entry.Equals(known) : entry.Equals(known))
            {
                return false;
            }

            files.Remove(entry.Path);
            if (message.Kind == WatchKind.FileAdded)
            {
                files[entry.Path] = entry;
            }
        }

        return files.Values.OrderBy(file => file.Path, Utf8Order.Instance).SequenceEqual(after.From("").Select(file => file.ToEntry()));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Next_NumberOfAnEarlierOrLaterRun_IsGone()
    {
        _log.Came(Peers.Live("p"));
        Assert.True(_log.Next(EventLog.Before(6)).IsGone);
        Assert.True(_log.Next(_log.Newest + 1).IsGone);
        Assert.True(_log.Next(EventLog.Before(8)).IsGone);
        Assert.False(_log.Next(EventLog.Before(7)).IsGone);
        Assert.False(_log.Next(_log.Newest).IsGone);
    }

    [Theory]
    [InlineData(0, 60, 1)]
    [InlineData(5, 60, 6)]
    [InlineData(5, 6000, 100)]
    public void Run_IsHigherThanTheOneBefore_EvenIfTheClockWentBack(long last, long seconds, long expected) =>
        Assert.Equal(expected, EventLog.Run(last, DateTimeOffset.FromUnixTimeSeconds(seconds)));

    [Fact]
    public void Append_MoreThanIsKept_LetsTheOldestGo()
    {
        var peer = Peers.Live("p");
        for (var i = 0; i < 100; i++)
        {
            _log.Changed(peer, FolderAccess.None, [], Names(50));
        }

        Assert.True(_log.Next(EventLog.Before(7)).IsGone);
        // 1,000 files are kept, 51 to a batch: 19 batches, of which the first begins behind this number.
        var oldest = _log.Newest - (19 * 100);
        Assert.True(_log.Next(oldest - 1).IsGone);
        var read = _log.Next(oldest);
        Assert.Equal((oldest + 1, false), (read.Event!.First, read.IsGone));
        Assert.InRange(read.Lag, 0.9, 1);
    }

    [Fact]
    public void Append_OneHugePeer_PushesOutNoMoreThanItsPart()
    {
        var peer = Peers.Live("p");
        _log.Changed(peer, FolderAccess.None, [], Names(100));
        var kept = _log.Newest;
        _log.Came(Peers.Live("huge", Names(5000)));
        Assert.False(_log.Next(EventLog.Before(7)).IsGone);
        Assert.Equal(5001, _log.Next(kept).Event!.Numbers);
    }

    [Fact]
    public async Task Next_AtTheEnd_EndsItsTaskWithTheNextChange()
    {
        var more = _log.Next(_log.Newest).More;
        Assert.False(more.IsCompleted);
        _log.Came(Peers.Live("p"));
        await more.WaitAsync(TestContext.Current.CancellationToken);
    }

    static List<WatchResponse> Read(EventLog log, EventFilter filter, long after)
    {
        var messages = new List<WatchResponse>();
        while (log.Next(after) is { Event: { } found })
        {
            messages.AddRange(filter.Read(found, after));
            after = found.Last;
        }

        return messages;
    }

    static void Happen(EventLog log, Random random)
    {
        var peer = Peers.Live("p" + random.Next(3), Files(random));
        switch (random.Next(4))
        {
            case 0:
                log.Came(peer);
                break;
            case 1:
                log.Went(peer, peer.ToInfo());
                break;
            case 2:
                log.Changed(peer, FolderAccess.None, Files(random), Files(random));
                break;
            default:
                log.Replaced(peer, PeerCatalog.Of(Files(random)), PeerCatalog.Of(Files(random)));
                break;
        }
    }

    static FileEntry[] Files(Random random) =>
        [.. Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(30)).Distinct().Select(i => Peers.File($"a/{i}", random.Next(3)))];

    static FileEntry[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => Peers.Name($"f{i}"))];
}
