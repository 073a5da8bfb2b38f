using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Search;

namespace P2P.Server.Watching;

/// <summary>A query that stands while a watcher watches, understood as Search understands it.</summary>
sealed class StandingQuery(string text)
{
    readonly NameQuery _query = NameQuery.Parse(text, QueryKind.Unspecified);

    public bool Matches(string path) =>
        _query.Matcher.Match(Fold.Utf8(_query.OverPath ? path : SegmentBuilder.BaseName(path))) != MatchKind.Unspecified;
}
