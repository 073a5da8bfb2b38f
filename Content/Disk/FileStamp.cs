using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// What tells one state of a file from another without reading it. On Linux the change time is the kernel's, which no
/// program can set back, so that a rewrite which restores the modification time is noticed too; elsewhere it equals the
/// modification time, and device and inode are 0.
/// </summary>
/// <param name="Device">Number of the file system.</param>
/// <param name="Inode">Number of the file in it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Modified">Modification time, nanoseconds since 1970 UTC.</param>
/// <param name="Changed">Change time, nanoseconds since 1970 UTC.</param>
public readonly record struct FileStamp(ulong Device, ulong Inode, long Length, long Modified, long Changed)
{
    /// <exception cref="IOException">The operating system refused.</exception>
    public static FileStamp Of(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            long modified = (File.GetLastWriteTimeUtc(file) - DateTime.UnixEpoch).Ticks * 100;
            return new FileStamp(0, 0, RandomAccess.GetLength(file), modified, modified);
        }

        if (Posix.Statx(file, "", Posix.AtEmptyPath, Posix.StatxBasicStats, out Posix.StatxResult s) != 0)
            throw Posix.Failure("Reading the state of a file", Marshal.GetLastPInvokeError());
        ulong device = ((ulong)s.DeviceMajor << 32) | s.DeviceMinor;
        return new FileStamp(device, s.Inode, (long)s.Size, s.Modified.Nanoseconds, s.Changed.Nanoseconds);
    }
}
