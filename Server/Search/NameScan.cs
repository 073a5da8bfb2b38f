using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>Walks the live peers' names and hands what fits to the collector.</summary>
sealed class NameScan(NameQuery query, HitFilter filter, HitCollector collector)
{
    readonly byte[] _literal = query.Matcher.Literal.ToArray();

    /// <summary>Names that begin with the literal first, then the others: of a plain text, what the budget cuts off is of the worst kinds.</summary>
    public void Run(IReadOnlyList<LivePeer> peers)
    {
        if (_literal.Length == 0 || query.OverPath)
        {
            Walk(peers, _literal);
            return;
        }

        Walk(peers, [(byte)'\n', .. _literal]);
        Walk(peers, _literal);
    }

    void Walk(IReadOnlyList<LivePeer> peers, byte[] literal)
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
                    Names(peer, view);
                }
                else
                {
                    Names(peer, view, literal);
                }
            }
        }
    }

    void Names(LivePeer peer, SegmentView view)
    {
        for (var file = view.NextAlive(0); file < view.Segment.Count && !collector.IsOver; file = view.NextAlive(file + 1))
        {
            Consider(peer, view, file, view.Segment.Name(file));
        }
    }

    /// <summary>Finds the literal in the one text of all names; each find costs a look at its name and goes on behind it.</summary>
    void Names(LivePeer peer, SegmentView view, byte[] literal)
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

            // A literal that begins with the line feed belongs to the name behind it, and that name is the first walk's.
            var isFirstWalk = literal[0] == (byte)'\n';
            var at = from + found + (isFirstWalk ? 1 : 0);
            file = segment.FileAt(at, file);
            if (view.IsAlive(file) && (isFirstWalk || at > segment.NameStart(file)))
            {
                Consider(peer, view, file, segment.Name(file));
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
            Consider(peer, view, file, lower[..written]);
        }
        else
        {
            Consider(peer, view, file, Fold.Utf8(Encoding.UTF8.GetString(path)));
        }
    }

    void Consider(LivePeer peer, SegmentView view, int file, ReadOnlySpan<byte> name)
    {
        collector.Look();
        var kind = query.Matcher.Match(name);
        if (kind != MatchKind.Unspecified)
        {
            collector.Add(peer, new FileRef(view.Segment, file), kind);
        }
    }
}
