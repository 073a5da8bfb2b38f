using System.Buffers;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>
/// Goes through the files of a snapshot and hands what fits to the collector: what few blocks can have in one pass, all kinds of match together;
/// else kind by kind, the best first.
/// </summary>
/// <param name="isCertain">Whether the hits gathered so far are a whole page that no worse kind can change.</param>
sealed class NameSearch(NameQuery query, HitFilter filter, HitCollector collector, SearchClock clock, Func<bool> isCertain)
{
    /// <summary>Of the files that may be gathered, one for each block of which this many are looked at in one pass.</summary>
    const int FilesPerBlock = 16;

    readonly BlockBatch _batch = new();

    public void Run(IndexSnapshot snapshot)
    {
        if (query.OverPath)
        {
            Run(snapshot, query.SweepOfAll);
            return;
        }

        if (RunAtOnce(snapshot))
        {
            return;
        }

        foreach (var sweep in query.Matcher.Sweeps)
        {
            Run(snapshot, sweep.Aimed(snapshot));
            if (collector.IsOver)
            {
                return;
            }

            if (isCertain())
            {
                collector.Settle();
            }
        }
    }

    /// <summary>One pass over the blocks that can have any kind of match, if they are few; false if they are not, or more fits than may be gathered.</summary>
    bool RunAtOnce(IndexSnapshot snapshot)
    {
        var sweep = query.Matcher.Sweeps[^1];
        if (!sweep.IsOfTerms || query.Matcher.Sweeps.Count == 1)
        {
            return false;
        }

        var most = collector.Limit / FilesPerBlock;
        var (found, ends) = (ArrayPool<int>.Shared.Rent(most + 1), new int[snapshot.Parts.Length]);
        try
        {
            if (!Gather(snapshot, sweep, found.AsSpan(0, most + 1), ends))
            {
                return false;
            }

            collector.TakeAllKinds(sweep.Kind == MatchKind.Unspecified ? MatchKind.Word : sweep.Kind);
            var scanner = query.Scanner(query.SweepOfAll.Aimed(snapshot), clock);
            for (var part = 0; part < ends.Length && !collector.IsOver; part++)
            {
                Search(snapshot, snapshot.Parts[part].Names.Map, found.AsSpan((part == 0 ? 0 : ends[part - 1])..ends[part]), scanner);
            }

            ScanTail(snapshot, scanner);
            return collector.EndAllKinds();
        }
        finally
        {
            ArrayPool<int>.Shared.Return(found);
        }
    }

    /// <summary>The blocks of a sweep, part by part; false if there is no room for all.</summary>
    /// <param name="ends">Where those of each part end.</param>
    static bool Gather(IndexSnapshot snapshot, Sweep sweep, Span<int> found, int[] ends)
    {
        var count = 0;
        for (var part = 0; part < snapshot.Parts.Length; part++)
        {
            var blocks = sweep.Open(snapshot.Parts[part]);
            for (var block = blocks.MoveTo(0); block != PostingCursor.End; block = blocks.MoveTo(block + 1))
            {
                if (count == found.Length)
                {
                    return false;
                }

                found[count++] = block;
            }

            ends[part] = count;
        }

        return true;
    }

    void Run(IndexSnapshot snapshot, Sweep sweep)
    {
        foreach (var part in snapshot.Parts)
        {
            foreach (var inPart in sweep.In(part))
            {
                Search(snapshot, inPart.Of(part).Map, inPart.Open(part), query.Scanner(inPart, clock));
                if (collector.IsOver)
                {
                    return;
                }
            }
        }

        ScanTail(snapshot, query.Scanner(sweep, clock));
    }

    void ScanTail(IndexSnapshot snapshot, IFileScanner scanner)
    {
        foreach (var member in snapshot.Tail)
        {
            if (Open(snapshot, member) is { } files)
            {
                Scan(files, 0, files.View.Segment.Count, scanner);
            }
        }
    }

    /// <summary>The files of a member that is alive and of a peer that the filter admits.</summary>
    readonly record struct Files(int Slot, LivePeer Peer, SegmentView View);

    Files? Open(IndexSnapshot snapshot, IndexMember member) =>
        snapshot.Peers[member.Slot] is { } indexed && indexed.Find(member.Segment) is { } view && filter.AdmitsPeer(indexed.Peer)
            ? new Files(member.Slot, indexed.Peer, view)
            : null;

    void Search(IndexSnapshot snapshot, BlockMap map, BlockCursor blocks, IFileScanner scanner)
    {
        for (var from = 0; !collector.IsOver && _batch.Fill(map, blocks, from);)
        {
            from = Math.Max(_batch[_batch.Count - 1].Block + 1, SearchBatch(snapshot, map, scanner));
        }
    }

    void Search(IndexSnapshot snapshot, BlockMap map, ReadOnlySpan<int> blocks, IFileScanner scanner)
    {
        for (; !collector.IsOver && _batch.Fill(map, blocks); blocks = blocks[_batch.Count..])
        {
            SearchBatch(snapshot, map, scanner);
        }
    }

    /// <summary>Looks at the blocks of the batch; says up to where there is nothing to look at behind it.</summary>
    int SearchBatch(IndexSnapshot snapshot, BlockMap map, IFileScanner scanner)
    {
        var (member, files) = (default(IndexMember), (Files?)null);
        for (var at = 0; at < _batch.Count && !collector.IsOver; at++)
        {
            var (block, blocks) = _batch[at];
            if (!ReferenceEquals(blocks.Member, member))
            {
                member = blocks.Member;
                files = Open(snapshot, member);
            }

            if (files is { } open)
            {
                _batch.FetchAhead(map, at);
                clock.Look();
                var (file, behind) = map.Files(blocks, block);
                Scan(open, file, behind, scanner);
            }
        }

        return files is null ? _batch[_batch.Count - 1].Member.Behind : 0;
    }

    void Scan(in Files files, int file, int behind, IFileScanner scanner)
    {
        for (; (file = scanner.Next(files.View, file, behind, out var fit)) < behind && !collector.IsOver; file++)
        {
            collector.Add(new FoundFile(files.Slot, files.Peer, new FileRef(files.View.Segment, file), fit));
        }
    }
}
