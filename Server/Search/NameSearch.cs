using P2P.Server.Catalogs;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>Goes through the files of a snapshot, sweep by sweep, and hands what fits to the collector.</summary>
/// <param name="isCertain">Whether the hits gathered so far are a whole page that no worse kind can change.</param>
sealed class NameSearch(NameQuery query, HitFilter filter, HitCollector collector, SearchClock clock, Func<bool> isCertain)
{
    /// <summary>So many blocks are looked at as fast as the terms of another kind of match are intersected.</summary>
    const int FewBlocks = 64;

    public void Run(IndexSnapshot snapshot)
    {
        foreach (var sweep in Sweeps(snapshot))
        {
            Run(snapshot, sweep);
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

    /// <summary>What few blocks have is looked at once, all kinds together, if no budget cuts any off.</summary>
    IReadOnlyList<Sweep> Sweeps(IndexSnapshot snapshot) =>
        query.OverPath || IsRare(snapshot, query.Matcher.Sweeps[^1]) ? [query.SweepOfAll] : query.Matcher.Sweeps;

    bool IsRare(IndexSnapshot snapshot, Sweep sweep)
    {
        var blocks = 0;
        for (var part = 0; part < snapshot.Parts.Length && blocks <= FewBlocks; part++)
        {
            blocks += sweep.Estimate(snapshot.Parts[part]);
        }

        return blocks <= FewBlocks && snapshot.TailFiles + (blocks * NameColumn.BlockSize) <= collector.Limit;
    }

    void Run(IndexSnapshot snapshot, Sweep sweep)
    {
        var scanner = query.Scanner(sweep, clock);
        foreach (var part in snapshot.Parts)
        {
            Search(snapshot, sweep.Of(part).Map, sweep.Open(part), scanner);
            if (collector.IsOver)
            {
                return;
            }
        }

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
        var (member, files) = (default(MemberBlocks), (Files?)null);
        var next = blocks.MoveTo(0);
        while (next != PostingCursor.End && !collector.IsOver)
        {
            var block = next;
            if (block >= member.Behind)
            {
                member = map.At(block);
                files = Open(snapshot, member.Member);
            }

            if (files is not { } open)
            {
                next = blocks.MoveTo(member.Behind);
                continue;
            }

            next = blocks.MoveTo(block + 1);
            if (next < member.Behind)
            {
                map.FetchAhead(member, next);
            }

            clock.Look();
            var (file, behind) = map.Files(member, block);
            Scan(open, file, behind, scanner);
        }
    }

    void Scan(in Files files, int file, int behind, IFileScanner scanner)
    {
        for (; (file = scanner.Next(files.View, file, behind, out var fit)) < behind && !collector.IsOver; file++)
        {
            collector.Add(new FoundFile(files.Slot, files.Peer, new FileRef(files.View.Segment, file), fit));
        }
    }
}
