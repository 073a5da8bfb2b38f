using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>How a file fits, and where its folded name stands in its segment's text.</summary>
readonly record struct Fit(MatchKind Kind, int NameStart, int NameLength);

/// <summary>Finds the files of a segment that fit a query. One search has one, and no other thread uses it.</summary>
interface IFileScanner
{
    /// <summary>The first file from one to before another that is alive and fits; the other if there is none, or the time is over.</summary>
    int Next(in SegmentView view, int file, int behind, out Fit fit);
}
