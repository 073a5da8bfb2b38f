using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// The calls of the C library that make a small file. Descriptors are plain numbers: an object for each file would cost more than they do.
/// </summary>
static partial class PosixFiles
{
    // O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC: what is there, be it a link, is never opened.
    public const int CreateNew = 1 | 0x40 | 0x80 | 0x80000;

    // rw for all, less what the process's umask takes away.
    public const uint NewFileMode = 0x1b6;

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(SafeFileHandle folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameWithin(SafeFileHandle fromFolder, string from, SafeFileHandle folder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    public static partial int SetTimes(int file, ReadOnlySpan<UnixTime> accessAndModification);

    // Whatever it says, the descriptor is gone.
    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int file, ReadOnlySpan<byte> bytes, nint count);

    /// <exception cref="IOException">The disk refused.</exception>
    public static void WriteAll(int file, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            nint written = Write(file, bytes, bytes.Length);
            if (written >= 0)
                bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var error and not Posix.Interrupted)
                throw Posix.Failure("Writing a file", error);
        }
    }

    // Linux UAPI, struct timespec of 64-bit processors.
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct UnixTime(long seconds, long nanoseconds)
    {
        // UTIME_OMIT.
        const long Omit = 0x3ffffffe;

        public readonly long Seconds = seconds;
        public readonly long Nanoseconds = nanoseconds;

        public static UnixTime Unchanged => new(0, Omit);

        public static UnixTime Of(DateTimeOffset time)
        {
            (long seconds, long ticks) = Math.DivRem(time.UtcTicks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
            return ticks < 0 ? new UnixTime(seconds - 1, (ticks + TimeSpan.TicksPerSecond) * 100) : new UnixTime(seconds, ticks * 100);
        }
    }
}
