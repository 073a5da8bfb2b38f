using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>The calls of the C library that .NET lacks, or whose failures it hides.</summary>
static partial class Posix
{
    public const int AtEmptyPath = 0x1000;
    public const uint StatxBasicStats = 0x7ff;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Statx(SafeFileHandle folder, string path, int flags, uint mask, out StatxResult result);

    public static IOException Failure(string what, int error) =>
        new($"{what} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);

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
