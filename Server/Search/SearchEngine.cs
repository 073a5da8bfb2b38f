using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>One page of hits and what there is besides.</summary>
sealed record SearchPage(
    IReadOnlyList<Hit> Hits, HitRank? Next, int TotalCount, bool IsTruncated, IReadOnlyList<FacetCount> Facets);

/// <summary>Answers a query over the names of all live peers.</summary>
sealed class SearchEngine(CatalogIndex index, SearchLimits limits, TimeProvider time)
{
    const int MostFacetValues = 100;

    /// <param name="request">A valid request.</param>
    /// <param name="pageSize">Hits wanted.</param>
    /// <param name="after">The last hit of the page before.</param>
    public SearchPage Search(SearchRequest request, int pageSize, HitRank? after)
    {
        var filter = new HitFilter(request.Filter);
        var collector = new HitCollector(filter, limits, time);
        new NameScan(NameQuery.Parse(request.Archivo, request.Kind), filter, collector).Run(index.Peers);
        var hits = collector.Hits.Where(hit => hit.SourceCount >= filter.MinSources).ToList();
        var page = hits
            .Select(hit => (Rank: HitRank.Of(hit), Hit: hit))
            .Where(ranked => after is not { } last || ranked.Rank.CompareTo(last) > 0)
            .OrderBy(ranked => ranked.Rank)
            .Take(pageSize + 1)
            .ToList();
        var more = page.Count > pageSize;
        return new SearchPage(
            [.. page.Take(pageSize).Select(ranked => ranked.Hit)],
            more ? page[pageSize - 1].Rank : null,
            hits.Count,
            collector.IsOver,
            [.. request.Facets.SelectMany(facet => Count(facet, hits))]);
    }

    static IEnumerable<FacetCount> Count(Facet facet, IReadOnlyList<Hit> hits)
    {
        var values = facet == Facet.Extension
            ? hits.Select(hit => Encoding.UTF8.GetString(HitFilter.Extension(Fold.Utf8(hit.Key.Name)))).Where(value => value.Length > 0)
            : hits.SelectMany(hit => hit.Sources.Select(source => source.Peer.PeerId));
        return values
            .CountBy(value => value, StringComparer.Ordinal)
            .OrderByDescending(count => count.Value)
            .ThenBy(count => count.Key, StringComparer.Ordinal)
            .Take(MostFacetValues)
            .Select(count => new FacetCount { Facet = facet, Value = count.Key, Count = count.Value });
    }
}
