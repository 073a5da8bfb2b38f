using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>The calls of the C library that .NET lacks, or whose failures it hides.</summary>
static partial class Posix
{
    public const int AtEmptyPath = 0x1000;
    public const uint StatxBasicStats = 0x7ff;
    public const int AtCurrentFolder = -100;
    public const uint NoReplace = 1;

    // O_RDONLY | O_CLOEXEC. A folder opens so too, and O_DIRECTORY has another value on each processor.
    public const int ReadFolder = 0x80000;

    // Error numbers of Linux on every processor that .NET runs on.
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int Exists = 17;
    public const int InvalidArgument = 22;
    public const int NoSuchCall = 38;
    public const int NotSupported = 95;
    public const int NoSpace = 28;

    const nint TmpfsMagic = 0x01021994;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Statx(SafeFileHandle folder, string path, int flags, uint mask, out StatxResult result);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Fsync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFs(SafeFileHandle folder);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "fstatfs64", SetLastError = true)]
    private static partial int StatFs(SafeFileHandle file, out StatFsResult result);

    /// <summary>Whether a file lies in memory, and how many bytes are free there.</summary>
    public static bool IsInMemory(SafeFileHandle file, out long free)
    {
        bool known = StatFs(file, out StatFsResult state) == 0;
        free = known ? checked((long)state.Available * state.BlockSize) : 0;
        return known && state.Type == TmpfsMagic;
    }

    /// <summary>Calls again for as long as a signal interrupts.</summary>
    public static int Retry(Func<int> call)
    {
        int result;
        do
            result = call();
        while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return result;
    }

    public static IOException Failure(string what, int error) =>
        new($"{what} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);

    // Linux UAPI, struct statfs64 of 64-bit processors: 120 bytes, of which the fields that are read are declared.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct StatFsResult
    {
        [FieldOffset(0)]
        public nint Type;

        [FieldOffset(8)]
        public nint BlockSize;

        [FieldOffset(32)]
        public ulong Available;
    }

    // Linux UAPI, struct statx_timestamp.
    [StructLayout(LayoutKind.Sequential)]
    public struct Timestamp
    {
        public long Seconds;
        public uint Nanosecond;
        public int Reserved;

        public readonly long Nanoseconds => Seconds * 1_000_000_000 + Nanosecond;
    }

    // Linux UAPI, struct statx: 256 bytes, of which the fields up to the device are declared.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatxResult
    {
        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public Timestamp Changed;

        [FieldOffset(112)]
        public Timestamp Modified;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
