using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// What keeps its word about the disk. The framework's own flush hides a failed fsync on Linux (dotnet/runtime#124722), and
/// it has neither a folder's sync nor a rename that cannot overwrite.
/// </summary>
public static class Disk
{
    /// <summary>Opens a file for reading that another process of this program writes and has locked against its like.</summary>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    public static SafeFileHandle OpenBesideWriter(string path)
    {
        if (!OperatingSystem.IsLinux())
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        // The framework would ask for a shared lock, whatever it is told.
        SafeFileHandle file = Posix.Open(path, Posix.ReadFolder);
        return file.IsInvalid ? throw Posix.Failure("Opening a file", Marshal.GetLastPInvokeError()) : file;
    }

    /// <summary>Whether an exception says that there is no room (ENOSPC, EDQUOT; ERROR_DISK_FULL on Windows).</summary>
    public static bool IsFull(Exception error) => error is IOException && (error.HResult & 0xffff) is Posix.NoSpace or 122 or 112;

    /// <summary>Returns once the file's bytes and length are on the disk.</summary>
    /// <exception cref="IOException">They may not be. What the kernel then has in memory is no longer to be trusted.</exception>
    public static void Flush(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
            Require(Posix.Retry(() => Posix.Fsync(file)), "Syncing a file");
        else
#pragma warning disable RS0030 // Banned for what it hides on Linux; elsewhere it is the call to make.
            RandomAccess.FlushToDisk(file);
#pragma warning restore RS0030
    }

    /// <summary>Returns once the names in a folder are on the disk. Does nothing where the system has no such call.</summary>
    /// <exception cref="IOException">They may not be.</exception>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using SafeFileHandle handle = Posix.Open(folder, Posix.ReadFolder);
        if (handle.IsInvalid)
            throw Posix.Failure("Opening a folder", Marshal.GetLastPInvokeError());
        Require(Posix.Retry(() => Posix.Fsync(handle)), "Syncing a folder");
    }

    /// <summary>
    /// Returns once everything that was written to the file system of a folder is on the disk: for many new files much cheaper than to
    /// flush each.
    /// </summary>
    /// <exception cref="IOException">It may not be.</exception>
    /// <returns>False where the system has no such call.</returns>
    public static bool FlushAll(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        using SafeFileHandle handle = Posix.Open(folder, Posix.ReadFolder);
        if (handle.IsInvalid)
            throw Posix.Failure("Opening a folder", Marshal.GetLastPInvokeError());
        Require(Posix.Retry(() => Posix.SyncFs(handle)), "Syncing a file system");
        return true;
    }

    /// <summary>Renames a file unless the new name is taken, in one step that no other program can get between.</summary>
    /// <returns>False if the new name is taken; then nothing has changed.</returns>
    /// <exception cref="IOException">The rename failed.</exception>
    public static bool TryMoveNew(string from, string to)
    {
        if (!OperatingSystem.IsLinux())
            return TryMove(from, to);
        if (Posix.RenameAt2(Posix.AtCurrentFolder, from, Posix.AtCurrentFolder, to, Posix.NoReplace) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            Posix.Exists => false,
            Posix.InvalidArgument or Posix.NoSuchCall => TryLink(from, to),
            int error => throw Posix.Failure("Renaming a file", error),
        };
    }

    /// <summary>
    /// Sets a file's length and reserves the space for it, as far as the file system can. In memory (tmpfs) nothing is reserved, for
    /// there that means to fill all pages with zeros; that there is room is checked all the same.
    /// </summary>
    /// <exception cref="IOException">The disk has no room.</exception>
    public static void Reserve(SafeFileHandle file, long length)
    {
        if (length > 0 && OperatingSystem.IsLinux() && Posix.IsInMemory(file, out long free))
        {
            if (length > free + RandomAccess.GetLength(file))
                throw Posix.Failure("Reserving space", Posix.NoSpace);
        }
        else if (length > 0 && OperatingSystem.IsLinux() && Posix.Retry(() => Posix.Fallocate(file, 0, 0, length)) != 0
            && Marshal.GetLastPInvokeError() is var error and not (Posix.NotSupported or Posix.NoSuchCall))
            throw Posix.Failure("Reserving space", error);
        RandomAccess.SetLength(file, length);
    }

    // For file systems without the flag. A crash in between leaves both names, never neither.
    internal static bool TryLink(string from, string to)
    {
        if (Posix.Link(from, to) != 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                Posix.Exists => false,
                // No hard links either (FAT).
                Posix.NotPermitted or Posix.NotSupported => TryMove(from, to),
                int error => throw Posix.Failure("Renaming a file", error),
            };
        }

        File.Delete(from);
        return true;
    }

    static bool TryMove(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(to) && File.Exists(from))
        {
            return false;
        }
    }

    static void Require(int result, string what)
    {
        if (result != 0)
            throw Posix.Failure(what, Marshal.GetLastPInvokeError());
    }
}
