using System.Diagnostics;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Hosting;
using P2P.Server.Search;

namespace P2P.Server.Calls;

/// <summary>The calls that only read.</summary>
sealed class CatalogReads(
    CatalogIndex index, PeerListing peers, FolderListing folders, SourceListing sources, SearchListing search, DirectoryStatus status,
    DirectoryMetrics metrics)
{
    public IndexResponse Index(IndexRequest request) =>
        peers.List(request, request.Ip.Length > 0 ? PeerSelection.At(index, request.Ip, request.Url) : null);

    public SearchResponse Search(SearchRequest request)
    {
        var started = Stopwatch.GetTimestamp();
        var found = search.List(request);
        metrics.Searched(request.Kind, Stopwatch.GetElapsedTime(started), found.Truncated);
        return found;
    }

    public BrowseResponse Browse(BrowseRequest request) => folders.List(request);

    public LocateResponse Locate(LocateRequest request, string caller) => sources.List(request, caller);

    public StatsResponse Stats() => status.ToMessage();
}
