using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>Goes through the names of a snapshot, sweep by sweep, and hands what fits to the collector.</summary>
/// <param name="isCertain">Whether the hits gathered so far are a whole page that no worse kind can change.</param>
sealed class NameSearch(NameQuery query, HitFilter filter, HitCollector collector, Func<bool> isCertain)
{
    /// <summary>Names without a literal between two looks at the clock.</summary>
    const int NamesBetweenLooks = 64;

    public void Run(IndexSnapshot snapshot)
    {
        if (query.OverPath)
        {
            new PathSearch(query.Matcher, filter, collector).Run(snapshot);
            return;
        }

        var sweeps = query.Matcher.Sweeps;
        foreach (var sweep in IsRare(snapshot, sweeps[^1]) ? [sweeps[^1] with { Kind = MatchKind.Unspecified }] : sweeps)
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

    /// <summary>What so few files can have that no budget cuts any off is looked at once, all kinds together.</summary>
    bool IsRare(IndexSnapshot snapshot, Sweep sweep)
    {
        var files = snapshot.TailFiles;
        for (var part = 0; part < snapshot.Parts.Length && files <= collector.Limit; part++)
        {
            files += sweep.Estimate(snapshot.Parts[part]) * NameColumn.BlockSize;
        }

        return files <= collector.Limit;
    }

    void Run(IndexSnapshot snapshot, Sweep sweep)
    {
        foreach (var part in snapshot.Parts)
        {
            Search(snapshot, part, sweep);
            if (collector.IsOver)
            {
                return;
            }
        }

        foreach (var member in snapshot.Tail)
        {
            if (Open(snapshot, member) is { } files)
            {
                Scan(files, 0, files.View.Segment.Count, sweep);
            }
        }
    }

    /// <summary>The files of a member that is alive and of a peer that the filter admits.</summary>
    readonly record struct Files(int Slot, LivePeer Peer, SegmentView View);

    Files? Open(IndexSnapshot snapshot, IndexMember member) =>
        snapshot.Peers[member.Slot] is { } indexed && indexed.Find(member.Segment) is { } view && filter.AdmitsPeer(indexed.Peer)
            ? new Files(member.Slot, indexed.Peer, view)
            : null;

    void Search(IndexSnapshot snapshot, IndexPart part, Sweep sweep)
    {
        var blocks = sweep.Open(part);
        var (first, behind, files) = (0, 0, (Files?)null);
        for (var block = blocks.MoveTo(0); block != PostingCursor.End && !collector.IsOver; block = blocks.MoveTo(block + 1))
        {
            if (block >= behind)
            {
                (var member, first, behind) = part.MemberOf(block);
                files = Open(snapshot, member);
            }

            if (files is not { } open)
            {
                block = behind - 1;
                continue;
            }

            var file = (block - first) * NameColumn.BlockSize;
            Scan(open, file, Math.Min(file + NameColumn.BlockSize, open.View.Segment.Count), sweep);
        }
    }

    void Scan(in Files files, int file, int behind, Sweep sweep)
    {
        collector.Look();
        if (sweep.Probe.Length == 0)
        {
            ScanAll(files, file, behind, sweep);
            return;
        }

        var segment = files.View.Segment;
        var names = segment.Names.Text[..segment.Names.Start(behind)];
        var from = segment.Names.Start(file) - 1;
        var intoName = sweep.Probe[0] == (byte)'\n' ? 1 : 0;
        while (!collector.IsOver && names[from..].IndexOf(sweep.Probe) is >= 0 and var found)
        {
            collector.Look();
            file = segment.Names.At(from + found + intoName, file);
            Consider(files, file, sweep);
            if (++file == behind)
            {
                return;
            }

            from = segment.Names.Start(file) - 1;
        }
    }

    void ScanAll(in Files files, int file, int behind, Sweep sweep)
    {
        for (; file < behind && !collector.IsOver; file++)
        {
            Consider(files, file, sweep);
            if (file % NamesBetweenLooks == 0)
            {
                collector.Look();
            }
        }
    }

    void Consider(in Files files, int file, Sweep sweep)
    {
        if (!files.View.IsAlive(file))
        {
            return;
        }

        var segment = files.View.Segment;
        var kind = query.Matcher.Match(segment.Names.Folded(file));
        if (kind != MatchKind.Unspecified && (sweep.Kind == MatchKind.Unspecified || sweep.Kind == kind))
        {
            collector.Add(new FoundFile(files.Slot, files.Peer, new FileRef(segment, file), kind));
        }
    }
}
