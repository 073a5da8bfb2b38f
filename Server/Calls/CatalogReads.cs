using System.Diagnostics;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Hosting;
using P2P.Server.Search;
using P2P.Server.Sessions;
using P2P.Server.Viewing;

namespace P2P.Server.Calls;

/// <summary>The calls that only read.</summary>
sealed class CatalogReads(
    CatalogIndex index, PeerListing peers, FolderListing folders, SearchListing search, DirectoryStatus status, DirectoryMetrics metrics,
    Viewers viewers)
{
    public IndexResponse Index(IndexRequest request, Session? caller) =>
        peers.List(request, request.Ip.Length > 0 ? PeerSelection.At(index, request.Ip, request.Url) : null, viewers.Of(caller));

    public SearchResponse Search(SearchRequest request, Session? caller)
    {
        var started = Stopwatch.GetTimestamp();
        var found = search.List(request, viewers.Of(caller));
        metrics.Searched(request.Kind, Stopwatch.GetElapsedTime(started), found.Truncated);
        return found;
    }

    public BrowseResponse Browse(BrowseRequest request, Session? caller) => folders.List(request, viewers.Of(caller));

    /// <summary>What a caller may be told of now.</summary>
    public Viewer ViewerOf(Session? caller) => viewers.Of(caller);

    public StatsResponse Stats() => status.ToMessage();
}
