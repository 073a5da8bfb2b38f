using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Search;

/// <summary>Decides how a folded name fits a query.</summary>
interface INameMatcher
{
    /// <summary>Bytes that every matching name contains, or empty: what a scan looks for first.</summary>
    ReadOnlyMemory<byte> Literal { get; }

    /// <summary>The best kind of match, or <see cref="MatchKind.Unspecified"/> for none.</summary>
    MatchKind Match(ReadOnlySpan<byte> name);
}
