using System.Collections.Immutable;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Catalogs;

/// <summary>Which groups may find which of a peer's folders. Folders that are not in it are for all that may search. Immutable.</summary>
sealed class FolderAccess
{
    /// <summary>Folders that a peer may keep to groups.</summary>
    public const int MostFolders = 1000;

    readonly ImmutableDictionary<string, ImmutableArray<string>> _groups;

    FolderAccess(ImmutableDictionary<string, ImmutableArray<string>> groups) => _groups = groups;

    public static FolderAccess None { get; } = new(ImmutableDictionary<string, ImmutableArray<string>>.Empty.WithComparers(StringComparer.Ordinal));

    public bool IsEmpty => _groups.IsEmpty;

    public int Count => _groups.Count;

    /// <summary>The groups that may find a path; empty for all.</summary>
    public ImmutableArray<string> Of(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return _groups.TryGetValue(slash < 0 ? path : path[..slash], out var groups) ? groups : [];
    }

    /// <summary>A folder named again is as it was named last; without groups it is open again.</summary>
    public FolderAccess With(IReadOnlyCollection<ShareAccess> changes)
    {
        if (changes.Count == 0)
        {
            return this;
        }

        var groups = _groups.ToBuilder();
        foreach (var change in changes)
        {
            if (change.Groups.Count == 0)
            {
                groups.Remove(change.Label);
            }
            else
            {
                groups[change.Label] = [.. change.Groups.Distinct(StringComparer.Ordinal)];
            }
        }

        return new FolderAccess(groups.ToImmutable());
    }

    /// <summary>All of it, as a batch says it.</summary>
    public IEnumerable<ShareAccess> ToMessages() =>
        _groups.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new ShareAccess { Label = entry.Key, Groups = { entry.Value } });
}
