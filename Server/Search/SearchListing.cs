using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Viewing;

namespace P2P.Server.Search;

/// <summary>Answers Search page by page.</summary>
sealed class SearchListing(SearchEngine engine, PageTokens tokens)
{
    const int DefaultSize = 50;

    public SearchResponse List(SearchRequest request, Viewer viewer) =>
        request.Order == SearchOrder.Path ? ByPath(request, viewer) : Ranked(request, viewer);

    SearchResponse Ranked(SearchRequest request, Viewer viewer)
    {
        var query = new SearchRequest(request) { PageSize = 0, PageToken = "" };
        HitRank? after = request.PageToken.Length == 0 ? null : Cursor.Read(tokens.OpenOrRefuse(query, request.PageToken), Read);
        var page = engine.Search(request, request.PageSize == 0 ? DefaultSize : request.PageSize, after, viewer);
        return new SearchResponse
        {
            Hits = { page.Hits.Select(hit => hit.ToMessage()) },
            NextPageToken = page.Next is { } last ? tokens.Seal(query, Cursor.Write(writer => Write(writer, last))) : "",
            TotalCount = page.TotalCount,
            TotalIsExact = page.TotalIsExact,
            Truncated = page.IsTruncated,
            Facets = { page.Facets },
        };
    }

    SearchResponse ByPath(SearchRequest request, Viewer viewer)
    {
        var query = new SearchRequest(request) { PageSize = 0, PageToken = "" };
        var after = request.PageToken.Length == 0 ? null : Cursor.Read(tokens.OpenOrRefuse(query, request.PageToken), FilePlace.Read);
        var page = engine.ListFiles(request, request.PageSize == 0 ? DefaultSize : request.PageSize, after, viewer);
        return new SearchResponse
        {
            Hits = { page.Files.Select(file => Hit.Of(file).ToMessage()) },
            NextPageToken = page.HasMore ? tokens.Seal(query, Cursor.Write(FilePlace.Of(page.Files[^1]).Write)) : "",
            TotalCount = page.Files.Count,
            TotalIsExact = after is null && !page.HasMore && !page.IsTruncated,
            Truncated = page.IsTruncated,
        };
    }

    static void Write(BinaryWriter writer, HitRank rank)
    {
        writer.Write((byte)rank.Match);
        writer.Write(rank.SourceCount);
        writer.Write(rank.Key.Name);
        writer.Write(rank.Key.Root?.ToString() ?? "");
        writer.Write(rank.Key.Size);
        writer.Write(rank.Key.PeerId);
    }

    static HitRank Read(BinaryReader reader)
    {
        var (match, sources, name, root) = ((MatchKind)reader.ReadByte(), reader.ReadInt32(), reader.ReadString(), reader.ReadString());
        return new HitRank(match, sources, new HitKey(name, root.Length == 0 ? null : ContentRoot.Parse(root), reader.ReadInt64(), reader.ReadString()));
    }
}
