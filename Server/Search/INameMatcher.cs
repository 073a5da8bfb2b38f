using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Search;

/// <summary>Decides how a folded name fits a query.</summary>
interface INameMatcher
{
    /// <summary>How to find the names that fit: each is found by the sweep of its kind, and all of them by the last one.</summary>
    IReadOnlyList<Sweep> Sweeps { get; }

    /// <summary>The best kind of match, or <see cref="MatchKind.Unspecified"/> for none.</summary>
    MatchKind Match(ReadOnlySpan<byte> name);
}
