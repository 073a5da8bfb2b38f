using System.IO.Enumeration;
using P2P.Content;
using P2P.Peers.Serving;

namespace P2P.Peers.Sharing;

/// <summary>A regular file that a scan found, or what stands for an empty folder.</summary>
/// <param name="Folder">The shared folder.</param>
/// <param name="Relative">Path below it, separated by `/`.</param>
/// <param name="State">Its state when the scan passed.</param>
sealed record ScannedFile(SharedFolder Folder, string Relative, EntryState State)
{
    public string Path => Folder.PathOf(Relative);

    /// <summary>An empty folder; the state is the folder's.</summary>
    public bool IsEmptyFolder => State.Kind == EntryKind.Folder;

    /// <summary>Where it lies on the disk.</summary>
    public string FullPath => System.IO.Path.Combine(Folder.FullPath, Relative);
}

/// <summary>
/// Walks shared folders. Files come as they are found, so that a tree of any size needs memory for one path of folders only. Links are
/// not followed; what cannot be shared is counted.
/// </summary>
static class FolderScanner
{
    static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>The files at and below a relative path; all files for an empty one.</summary>
    public static IEnumerable<ScannedFile> Scan(SharedFolder folder, string relative, ScanTally tally)
    {
        if (EmptyFolders.FolderOf(relative) is { } suspect)
        {
            if (IsBelow(folder, relative) && EmptyFolders.Find(folder, suspect) is { } empty)
            {
                yield return empty;
            }

            yield break;
        }

        var start = relative.Length == 0 ? folder.FullPath : Path.Combine(folder.FullPath, relative);
        if (EntryState.Of(start) is not { } state || !IsBelow(folder, relative))
        {
            yield break;
        }

        if (state.Kind == EntryKind.File)
        {
            yield return new ScannedFile(folder, relative, state);
            yield break;
        }

        var waiting = new Stack<string>(state.Kind == EntryKind.Folder ? [relative] : []);
        while (waiting.TryPop(out var current))
        {
            var isEmpty = true;
            foreach (var (path, entry) in Entries(folder, current, tally))
            {
                isEmpty = false;
                if (entry.Kind == EntryKind.Folder)
                {
                    waiting.Push(path);
                }
                else
                {
                    yield return new ScannedFile(folder, path, entry);
                }
            }

            if (isEmpty && EmptyFolders.Find(folder, current) is { } found)
            {
                yield return found;
            }
        }
    }

    /// <summary>Files of transfers under way, which are nobody's to share: parts and journals of downloads, parts of uploads.</summary>
    public static bool IsTransferFile(string name) =>
        PartNames.Matches(name) || InboxPart.Matches(name) || SharedPath.BaseNameOf(name) == SharedPath.EmptyFolderName;

    // A start path may lead through a link that took a folder's place since it was last seen.
    static bool IsBelow(SharedFolder folder, string relative)
    {
        for (var slash = relative.IndexOf('/'); slash > 0; slash = relative.IndexOf('/', slash + 1))
        {
            if (EntryState.Of(Path.Combine(folder.FullPath, relative[..slash])) is not { Kind: EntryKind.Folder })
            {
                return false;
            }
        }

        return relative.Length == 0 || SharedPath.Problem(relative) is null;
    }

    static IEnumerable<(string Relative, EntryState State)> Entries(SharedFolder folder, string relative, ScanTally tally)
    {
        foreach (var name in Names(folder, relative, tally))
        {
            var path = relative.Length == 0 ? name : $"{relative}/{name}";
            if (IsTransferFile(name))
            {
                continue;
            }

            // A name that is not UTF-8 was read with replacement characters: nothing is there under what we read.
            if (SharedPath.Problem(folder.PathOf(path)) is not null || EntryState.Of(Path.Combine(folder.FullPath, path)) is not { } state)
            {
                tally.Skip(SkipReason.Name, folder.PathOf(path));
            }
            else if (state.Kind == EntryKind.Other)
            {
                tally.Skip(SkipReason.NotRegular, folder.PathOf(path));
            }
            else
            {
                yield return (path, state);
            }
        }
    }

    static List<string> Names(SharedFolder folder, string relative, ScanTally tally)
    {
        try
        {
            var path = Path.Combine(folder.FullPath, relative);
            return [.. new FileSystemEnumerable<string>(path, (ref entry) => entry.FileName.ToString(), Everything)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            tally.Skip(SkipReason.Unreadable, folder.PathOf(relative));
            return [];
        }
    }
}
