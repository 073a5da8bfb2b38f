namespace P2P.Peers.Sharing;

/// <summary>A part of a shared folder that is to be looked at again: one file, or all at and below a path.</summary>
/// <param name="Folder">The shared folder.</param>
/// <param name="Relative">Path below it; empty for all of it.</param>
sealed record ScanScope(SharedFolder Folder, string Relative)
{
    public static ScanScope Whole(SharedFolder folder) => new(folder, "");

    /// <summary>Whether a path below the same folder lies in this scope.</summary>
    public bool Holds(string relative) =>
        Relative.Length == 0
        || (relative.StartsWith(Relative, StringComparison.Ordinal)
            && (relative.Length == Relative.Length || relative[Relative.Length] == '/'));

    /// <summary>The same parts without those that lie in another; of a folder with too many parts, all of it.</summary>
    public static IReadOnlyList<ScanScope> Reduce(IEnumerable<ScanScope> scopes, int mostPerFolder)
    {
        var reduced = new List<ScanScope>();
        foreach (var group in scopes.Distinct().GroupBy(scope => scope.Folder))
        {
            // In the order of components a scope comes right after the one that holds it.
            var kept = new List<ScanScope>();
            foreach (var scope in group.OrderBy(scope => scope.Relative.Replace('/', '\0'), StringComparer.Ordinal))
            {
                if (kept.Count == 0 || !kept[^1].Holds(scope.Relative))
                {
                    kept.Add(scope);
                }
            }

            reduced.AddRange(kept.Count > mostPerFolder ? [Whole(group.Key)] : kept);
        }

        return reduced;
    }
}
