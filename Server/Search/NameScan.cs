using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>Walks the live peers' names and hands what fits to the collector.</summary>
sealed class NameScan(NameQuery query, HitFilter filter, HitCollector collector)
{
    readonly byte[] _literal = query.Matcher.Literal.ToArray();

    /// <summary>Every name; or, of a literal, first those that begin with it and then the others.</summary>
    public void Run(IReadOnlyList<LivePeer> peers)
    {
        Walk(peers, _literal, _ => true);
        if (!collector.IsFull || collector.IsLate || _literal.Length == 0 || query.OverPath)
        {
            return;
        }

        // Too many to take all: the best kinds first, so that only the worst ones are cut.
        collector.Clear();
        Walk(peers, [(byte)'\n', .. _literal], kind => kind <= MatchKind.Prefix);
        Walk(peers, _literal, kind => kind > MatchKind.Prefix);
    }

    void Walk(IReadOnlyList<LivePeer> peers, byte[] literal, Predicate<MatchKind> wanted)
    {
        foreach (var peer in peers)
        {
            if (!filter.AdmitsPeer(peer))
            {
                continue;
            }

            foreach (var view in peer.Catalog.Segments)
            {
                if (collector.IsOver)
                {
                    return;
                }

                if (query.OverPath)
                {
                    Paths(peer, view);
                }
                else if (literal.Length == 0)
                {
                    Names(peer, view, wanted);
                }
                else
                {
                    Names(peer, view, literal, wanted);
                }
            }
        }
    }

    void Names(LivePeer peer, SegmentView view, Predicate<MatchKind> wanted)
    {
        for (var file = view.NextAlive(0); file < view.Segment.Count && !collector.IsOver; file = view.NextAlive(file + 1))
        {
            Consider(peer, view, file, view.Segment.Name(file), wanted);
        }
    }

    /// <summary>Finds the literal in the one text of all names; each find costs a look at its name and goes on behind it.</summary>
    void Names(LivePeer peer, SegmentView view, byte[] literal, Predicate<MatchKind> wanted)
    {
        var segment = view.Segment;
        var names = segment.Names.AsSpan();
        var (file, from) = (0, 0);
        while (!collector.IsOver)
        {
            var found = names[from..].IndexOf(literal);
            if (found < 0)
            {
                return;
            }

            // A literal that begins with the line feed belongs to the name behind it.
            var at = from + found + (literal[0] == (byte)'\n' ? 1 : 0);
            file = segment.FileAt(at, file);
            if (view.IsAlive(file))
            {
                Consider(peer, view, file, segment.Name(file), wanted);
            }

            if (file + 1 == segment.Count)
            {
                return;
            }

            from = segment.NameStart(++file) - 1;
        }
    }

    void Paths(LivePeer peer, SegmentView view)
    {
        for (var file = view.NextAlive(0); file < view.Segment.Count && !collector.IsOver; file = view.NextAlive(file + 1))
        {
            Folded(peer, view, file);
        }
    }

    void Folded(LivePeer peer, SegmentView view, int file)
    {
        var path = view.Segment.PathUtf8(file);
        Span<byte> lower = stackalloc byte[512];
        if (path.Length <= lower.Length && Ascii.ToLower(path, lower, out var written) == System.Buffers.OperationStatus.Done)
        {
            Consider(peer, view, file, lower[..written], _ => true);
        }
        else
        {
            Consider(peer, view, file, Fold.Utf8(Encoding.UTF8.GetString(path)), _ => true);
        }
    }

    void Consider(LivePeer peer, SegmentView view, int file, ReadOnlySpan<byte> name, Predicate<MatchKind> wanted)
    {
        collector.Look();
        var kind = query.Matcher.Match(name);
        if (kind != MatchKind.Unspecified && wanted(kind))
        {
            collector.Add(peer, new FileRef(view.Segment, file), kind);
        }
    }
}
