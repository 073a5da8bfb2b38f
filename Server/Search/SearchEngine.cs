using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search.Postings;
using P2P.Server.Viewing;

namespace P2P.Server.Search;

/// <summary>One page of hits and what there is besides.</summary>
/// <param name="TotalIsExact">Else the total, and what the facets count, is a lower bound.</param>
/// <param name="IsTruncated">The budget ran out: there may be better hits.</param>
sealed record SearchPage(
    IReadOnlyList<Hit> Hits, HitRank? Next, int TotalCount, bool TotalIsExact, bool IsTruncated, IReadOnlyList<FacetCount> Facets);

/// <summary>One page of files by peer and path.</summary>
/// <param name="IsTruncated">Time ran out: there may be more behind them.</param>
sealed record FilePage(IReadOnlyList<FoundFile> Files, bool HasMore, bool IsTruncated);

/// <summary>Answers a query over the names of all live peers.</summary>
sealed class SearchEngine(CatalogIndex index, SearchLimits limits, TimeProvider time)
{
    const int MostFacetValues = 100;

    /// <param name="request">A valid request.</param>
    /// <param name="pageSize">Hits wanted.</param>
    /// <param name="after">The last hit of the page before.</param>
    /// <param name="viewer">Who asks; null for one that sees everything.</param>
    public SearchPage Search(SearchRequest request, int pageSize, HitRank? after, Viewer? viewer = null)
    {
        var filter = new HitFilter(request.Filter, viewer ?? Viewer.OfAll);
        var query = NameQuery.Parse(request.Archivo, request.Kind);
        var clock = new SearchClock(limits, time, limits.Looks);
        var order = new HitOrder(after, filter.MinSources);
        // Behind a page before, and where sources are counted, it is only known in the end which hits make the page; facets count all hits.
        var enough = after is null && filter.MinSources <= 1 && request.Facets.Count == 0 ? pageSize + 1 : int.MaxValue;
        using var collector = new HitCollector(filter, limits, query.IsShort ? limits.Counted : limits.Candidates, enough, clock);
        var snapshot = index.Names.Snapshot;
        var isCertain = () => request.Facets.Count == 0 && order.CountBehind(collector.Hits.Entries, pageSize + 1) > pageSize;
        new NameSearch(query, filter, collector, clock, isCertain).Run(snapshot);
        if (query.Guess is { } guess && collector.Hits.Entries.IsEmpty && !collector.IsOver)
        {
            new NameSearch(guess, filter, collector, clock, isCertain).Run(snapshot);
        }

        var hits = collector.Hits;
        var page = order.Take(hits, pageSize + 1);
        var shown = page.Take(pageSize).Select(hit => new Hit(HitRank.Of(hits.Entries[hit]), hits.SourcesOf(hit))).ToList();
        return new SearchPage(
            shown,
            page.Count > pageSize ? shown[^1].Rank : null,
            Total(hits, order),
            collector.IsWhole,
            collector.IsTruncated,
            [.. request.Facets.SelectMany(facet => Count(facet, hits, order, snapshot))]);
    }

    /// <summary>The first files that fit, by peer and path: each is a hit.</summary>
    /// <param name="request">A valid request.</param>
    /// <param name="pageSize">Hits wanted.</param>
    /// <param name="after">The last hit of the page before.</param>
    /// <param name="viewer">Who asks; null for one that sees everything.</param>
    public FilePage ListFiles(SearchRequest request, int pageSize, FilePlace? after, Viewer? viewer = null)
    {
        var filter = new HitFilter(request.Filter, viewer ?? Viewer.OfAll);
        var query = NameQuery.Parse(request.Archivo, request.Kind);
        // What comes first by path may be what is found last: only time ends this.
        var clock = new SearchClock(limits, time, int.MaxValue);
        var snapshot = index.Names.Snapshot;
        IReadOnlyList<FoundFile> files = after is { IsGuess: true } ? [] : new FileSearch(query, filter, clock, after).Take(snapshot, pageSize + 1);
        if (files.Count == 0 && !clock.IsOver && after is not { IsGuess: false } && query.Guess is { } guess)
        {
            files = new FileSearch(guess, filter, clock, after).Take(snapshot, pageSize + 1);
        }

        return new FilePage([.. files.Take(pageSize)], files.Count > pageSize, clock.IsOver);
    }

    static int Total(HitTable hits, HitOrder order)
    {
        var total = 0;
        foreach (ref readonly var entry in hits.Entries)
        {
            total += order.HasEnoughSources(entry) ? 1 : 0;
        }

        return total;
    }

    static IEnumerable<FacetCount> Count(Facet facet, HitTable hits, HitOrder order, IndexSnapshot snapshot)
    {
        var counted = Enumerable.Range(0, hits.Entries.Length).Where(hit => order.HasEnoughSources(hits.Entries[hit]));
        var values = facet == Facet.Extension
            ? counted.Select(hit => ExtensionOf(hits.Entries[hit].First.File)).Where(value => value.Length > 0)
            : hits.Pairs.Where(pair => order.HasEnoughSources(hits.Entries[pair.Hit])).Select(pair => snapshot.Peers[pair.Slot]!.Peer.PeerId);
        return values
            .CountBy(value => value, StringComparer.Ordinal)
            .OrderByDescending(count => count.Value)
            .ThenBy(count => count.Key, StringComparer.Ordinal)
            .Take(MostFacetValues)
            .Select(count => new FacetCount { Facet = facet, Value = count.Key, Count = count.Value });
    }

    static string ExtensionOf(FileRef file) => Encoding.UTF8.GetString(HitFilter.Extension(file.Segment.Names.Folded(file.Index)));
}
