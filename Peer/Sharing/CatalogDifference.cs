namespace P2P.Peers.Sharing;

/// <summary>What must be said to someone who knows one list of files so that he knows another.</summary>
/// <param name="Upserts">Files that are new, or look different.</param>
/// <param name="Removes">Paths that are gone.</param>
sealed record CatalogDifference(IReadOnlyList<SharedFile> Upserts, IReadOnlyList<string> Removes)
{
    public bool IsEmpty => Upserts.Count == 0 && Removes.Count == 0;

    public static CatalogDifference Between(
        IReadOnlyDictionary<string, SharedFile> before, IReadOnlyDictionary<string, SharedFile> after) => new(
        [.. after.Values.Where(file => !before.TryGetValue(file.Path, out var old) || !file.LooksLike(old))],
        [.. before.Keys.Where(path => !after.ContainsKey(path))]);
}
