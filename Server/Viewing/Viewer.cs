using System.Collections.Immutable;
using P2P.Content;
using P2P.Server.Catalogs;

namespace P2P.Server.Viewing;

/// <summary>
/// What one caller may be told of: the one place that decides it, for every call that names files. A folder that its peer keeps to groups is
/// seen by their members, by the peer's own account and by operators; a root that was taken down by nobody.
/// </summary>
/// <param name="user">The account; null for a caller without one.</param>
/// <param name="groups">The account's groups.</param>
/// <param name="seesAllFolders">Whether groups mean nothing to it.</param>
/// <param name="takenDown">Roots that nobody is told of.</param>
sealed class Viewer(string? user, ImmutableArray<string> groups, bool seesAllFolders, TakenDownRoots takenDown)
{
    /// <summary>Sees everything.</summary>
    public static Viewer OfAll { get; } = new(null, [], true, new TakenDownRoots());

    public bool Sees(LivePeer peer, in FileRef file) =>
        !(takenDown.Any && file.Facts.Content is { } content && takenDown.Has(content.Root))
        && (peer.Catalog.Access.IsEmpty || SeesFolder(peer, peer.Catalog.Access, file.Path));

    /// <summary>The same of a file of which an event tells: its folder must be open to the caller now, and by all the rules of that time.</summary>
    public bool Sees(LivePeer peer, string path, string root, IReadOnlyList<FolderAccess> rules) =>
        !(takenDown.Any && ContentRoot.TryParse(root, out var parsed) && takenDown.Has(parsed))
        && SeesFolder(peer, peer.Catalog.Access, path)
        && rules.All(rule => SeesFolder(peer, rule, path));

    /// <summary>Whether a folder, by its path, may be named.</summary>
    public bool SeesFolder(LivePeer peer, string path) => SeesFolder(peer, peer.Catalog.Access, path);

    /// <summary>The first file, by path, of a peer with a content, that the caller may see.</summary>
    public FileRef? FileOf(LivePeer peer, ContentId content)
    {
        foreach (var file in peer.Catalog.WithRoot(content.Root))
        {
            if (file.Facts.Size == content.Length && Sees(peer, file))
            {
                return file;
            }
        }

        return null;
    }

    bool SeesFolder(LivePeer peer, FolderAccess access, string path)
    {
        if (access.IsEmpty || seesAllFolders || peer.Identity.User == user)
        {
            return true;
        }

        var allowed = access.Of(path);
        return allowed.IsEmpty || allowed.Any(group => groups.Contains(group));
    }
}
