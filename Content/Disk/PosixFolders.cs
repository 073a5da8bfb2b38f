using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>The calls of the C library that name a place by an open folder, so that nobody can change the way there.</summary>
static partial class PosixFolders
{
    public const int NotThere = 2;
    public const int NotFolder = 20;
    public const int TooManyLinks = 40;

    // rwx for all, less what the process's umask takes away.
    public const uint NewFolderMode = 0x1ff;

    const int CloseOnExec = 0x80000;

    static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;

    /// <summary>A folder and no link to one. O_DIRECTORY and O_NOFOLLOW have other numbers on ARM.</summary>
    public static int OpenFolder { get; } = CloseOnExec | (IsArm ? 0x4000 | 0x8000 : 0x10000 | 0x20000);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle OpenAt(SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFolderAt(SafeFileHandle folder, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameInto(int fromFolder, string from, SafeFileHandle folder, string name, uint flags);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int LinkInto(int fromFolder, string from, SafeFileHandle folder, string name, int flags);
}
