using Microsoft.Win32.SafeHandles;
using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>What an entry of a folder is; a link is <see cref="Other"/>, whatever it leads to.</summary>
enum EntryKind
{
    File,
    Folder,
    Other,
}

/// <summary>The state of an entry, or of an open file.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Stamp">Tells its states apart.</param>
/// <param name="Executable">Whether its owner may execute it.</param>
readonly record struct EntryState(EntryKind Kind, FileStamp Stamp, bool Executable)
{
    /// <summary>The state of what a path names, a link itself and not its target; null if there is nothing.</summary>
    public static EntryState? Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            return LinuxFiles.StateOf(path);
        }

        FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        return entry.Exists ? Portable(entry) : null;
    }

    /// <summary>The state of an open file.</summary>
    public static EntryState Of(SafeFileHandle file) => OperatingSystem.IsLinux()
        ? LinuxFiles.StateOf(file) ?? throw new IOException("The state of an open file could not be read.")
        : new EntryState(EntryKind.File, FileStamp.Of(file), false);

    static EntryState Portable(FileSystemInfo entry)
    {
        var kind = (entry.LinkTarget, entry) switch
        {
            (not null, _) => EntryKind.Other,
            (_, DirectoryInfo) => EntryKind.Folder,
            _ => EntryKind.File,
        };
        var modified = (entry.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        var stamp = new FileStamp(0, 0, (entry as FileInfo)?.Length ?? 0, modified, modified);
        return new EntryState(kind, stamp, !OperatingSystem.IsWindows() && entry.UnixFileMode.HasFlag(UnixFileMode.UserExecute));
    }
}
