using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>
/// Folders with nothing in them, which the catalog shows as files of no bytes under a name that no real file is shared under: the directory
/// knows files only. The shared folder itself is none.
/// </summary>
static class EmptyFolders
{
    /// <summary>The path that stands for a folder, if that is empty.</summary>
    public static string MarkOf(string folder) => $"{folder}/{SharedPath.EmptyFolderName}";

    /// <summary>The folder that a path stands for; null if it is that of a file.</summary>
    public static string? FolderOf(string relative) =>
        SharedPath.IsEmptyFolder(relative) ? relative[..^(SharedPath.EmptyFolderName.Length + 1)] : null;

    /// <summary>What stands for a folder in the catalog; null if it is not empty, or cannot be looked at.</summary>
    public static ScannedFile? Find(SharedFolder shared, string folder)
    {
        var path = Path.Combine(shared.FullPath, folder);
        if (folder.Length == 0 || SharedPath.Problem(shared.PathOf(MarkOf(folder))) is not null)
        {
            return null;
        }

        try
        {
            return EntryState.Of(path) is { Kind: EntryKind.Folder } state && !Directory.EnumerateFileSystemEntries(path).Any()
                ? new ScannedFile(shared, MarkOf(folder), state)
                : null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The scan tells of folders that cannot be read.
            return null;
        }
    }
}
