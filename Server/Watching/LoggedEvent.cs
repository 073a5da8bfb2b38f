using Google.Protobuf.WellKnownTypes;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Watching;

/// <summary>One thing that may be told, and the number under which a watcher resumes behind it.</summary>
readonly record struct Told(long Sequence, WatchKind Kind, FileEntry? File);

/// <summary>
/// One change of the directory, which takes as many numbers as there may be events in it. What it holds is immutable, and gives the same
/// events with the same numbers to every watcher and as often as it is read.
/// </summary>
abstract record LoggedEvent(LivePeer Peer, DateTimeOffset Time)
{
    /// <summary>Which folders were kept to groups, before it happened and after: what is told has to be allowed by both, and by what is so now.</summary>
    public FolderAccess[] Access { get; init; } = [Peer.Catalog.Access];

    /// <summary>The peer as it was when it happened.</summary>
    public PeerInfo Info { get; init; } = Peer.ToInfo();

    public Timestamp Timestamp { get; } = Timestamp.FromDateTimeOffset(Time);

    /// <summary>Its first number; the log gives it.</summary>
    public long First { get; internal set; }

    public long Last => First + Numbers - 1;

    /// <summary>The weight of all events of this run up to the end of this one; the log gives it.</summary>
    internal long Total { get; set; }

    /// <summary>How many numbers it takes.</summary>
    public abstract long Numbers { get; }

    /// <summary>How many files it keeps in memory.</summary>
    public abstract long Files { get; }

    /// <summary>All that a watcher of everything is told, in order.</summary>
    /// <param name="query">Null without a standing query.</param>
    public abstract IEnumerable<Told> Read(StandingQuery? query);

    /// <summary>A file that came or changed: the file itself, and a match of the query.</summary>
    protected static IEnumerable<Told> Came(long number, FileEntry file, StandingQuery? query)
    {
        yield return new Told(number, WatchKind.FileAdded, file);
        if (query?.Matches(file.Path) == true)
        {
            yield return new Told(number + 1, WatchKind.QueryMatched, file);
        }
    }
}

/// <summary>A peer came, with all that it shares.</summary>
sealed record PeerCame(LivePeer Peer, DateTimeOffset Time) : LoggedEvent(Peer, Time)
{
    readonly PeerCatalog _catalog = Peer.Catalog;

    public override long Numbers => 1L + _catalog.FileCount;

    public override long Files => _catalog.FileCount;

    public override IEnumerable<Told> Read(StandingQuery? query)
    {
        yield return new Told(First, WatchKind.PeerOnline, null);
        if (query is null)
        {
            yield break;
        }

        var number = First;
        foreach (var file in _catalog.From(""))
        {
            number++;
            if (query.Matches(file.Path))
            {
                yield return new Told(number, WatchKind.QueryMatched, file.ToEntry());
            }
        }
    }
}

/// <summary>A peer went, with all that it shared.</summary>
sealed record PeerWent(LivePeer Peer, DateTimeOffset Time) : LoggedEvent(Peer, Time)
{
    public override long Numbers => 1;

    public override long Files => 0;

    public override IEnumerable<Told> Read(StandingQuery? query) => [new Told(First, WatchKind.PeerOffline, null)];
}

/// <summary>A batch: files that went, then files that came or changed.</summary>
sealed record FilesChanged(LivePeer Peer, DateTimeOffset Time, IReadOnlyList<FileEntry> Gone, IReadOnlyList<FileEntry> New) : LoggedEvent(Peer, Time)
{
    public override long Numbers => Gone.Count + (2L * New.Count);

    public override long Files => Gone.Count + New.Count;

    public override IEnumerable<Told> Read(StandingQuery? query)
    {
        for (var i = 0; i < Gone.Count; i++)
        {
            yield return new Told(First + i, WatchKind.FileRemoved, Gone[i]);
        }

        for (var i = 0; i < New.Count; i++)
        {
            foreach (var told in Came(First + Gone.Count + (2L * i), New[i], query))
            {
                yield return told;
            }
        }
    }
}

/// <summary>A list that took another's place: what differs, worked out only for those who watch.</summary>
sealed record FilesReplaced(LivePeer Peer, DateTimeOffset Time, PeerCatalog Before, PeerCatalog After) : LoggedEvent(Peer, Time)
{
    public override long Numbers => 2L * Files;

    public override long Files => (long)Before.FileCount + After.FileCount;

    public override IEnumerable<Told> Read(StandingQuery? query)
    {
        using var before = Before.From("").GetEnumerator();
        using var after = After.From("").GetEnumerator();
        var (hasBefore, hasAfter) = (before.MoveNext(), after.MoveNext());
        for (var number = First; hasBefore || hasAfter; number += 2)
        {
            var order = !hasBefore ? 1 : !hasAfter ? -1 : Compare(before.Current, after.Current);
            if (order < 0)
            {
                yield return new Told(number, WatchKind.FileRemoved, before.Current.ToEntry());
            }
            else if (order > 0 || before.Current.Facts != after.Current.Facts)
            {
                foreach (var told in Came(number, after.Current.ToEntry(), query))
                {
                    yield return told;
                }
            }

            (hasBefore, hasAfter) = (order <= 0 ? before.MoveNext() : hasBefore, order >= 0 ? after.MoveNext() : hasAfter);
        }
    }

    static int Compare(FileRef one, FileRef other) => Utf8Order.Instance.Compare(one.Path, other.Path);
}
