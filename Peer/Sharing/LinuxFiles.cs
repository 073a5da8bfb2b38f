using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>The system calls behind <see cref="EntryState"/> and <see cref="ShareOpener"/>; Linux only.</summary>
static partial class LinuxFiles
{
    public const int CurrentFolder = -100;
    public const int NoFollow = 0x100;
    public const int EmptyPath = 0x1000;

    public const int ErrorNotPermitted = 1;
    public const int ErrorNoEntry = 2;
    public const int ErrorInterrupted = 4;
    public const int ErrorNoReader = 6;
    public const int ErrorCrossesDevice = 18;
    public const int ErrorNotFolder = 20;
    public const int ErrorNoSystemCall = 38;
    public const int ErrorLoop = 40;

    const uint BasicStats = 0x7ff;
    const int OpenAt2 = 437;
    const ulong ResolveNoMagicLinks = 0x02;
    const ulong ResolveNoSymlinks = 0x04;
    const ulong ResolveBeneath = 0x08;

    // O_NONBLOCK, so that a FIFO does not wait for a writer; O_NOCTTY, so that a terminal is not taken over.
    public const int OpenFile = 0x800 | 0x100 | CloseOnExec;
    const int CloseOnExec = 0x80000;

    // O_DIRECTORY and O_NOFOLLOW have other numbers on ARM; O_PATH has not.
    public static readonly int OpenFolder = 0x200000 | (IsArm ? 0x4000 : 0x10000) | CloseOnExec;
    public static readonly int NoLink = IsArm ? 0x8000 : 0x20000;

    static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;

    /// <summary>Opens what lies below a folder, where no component of the path is a link or leads out.</summary>
    public static int OpenBeneath(SafeFileHandle folder, string path, int flags)
    {
        var how = new OpenHow { Flags = (uint)flags, Resolve = ResolveBeneath | ResolveNoSymlinks | ResolveNoMagicLinks };
        return (int)SystemCall(OpenAt2, folder, path, ref how, Marshal.SizeOf<OpenHow>());
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(SafeFileHandle folder, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    /// <summary>Reads from an offset, without asking first whether the file has any.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        while (true)
        {
            var read = (int)ReadAt(file, buffer, buffer.Length, offset);
            if (read >= 0)
            {
                return read;
            }

            if (Marshal.GetLastPInvokeError() is var error and not ErrorInterrupted)
            {
                throw new IOException($"A shared file could not be read: {Marshal.GetPInvokeErrorMessage(error)}.", error);
            }
        }
    }

    public static EntryState? StateOf(string path) =>
        Statx(CurrentFolder, path, NoFollow, BasicStats, out var state) == 0 ? state.ToEntryState() : null;

    public static EntryState? StateOf(SafeFileHandle file) =>
        Statx(file, "", EmptyPath, BasicStats, out var state) == 0 ? state.ToEntryState() : null;

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadAt(SafeFileHandle file, Span<byte> buffer, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out StatxResult result);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle folder, string path, int flags, uint mask, out StatxResult result);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint SystemCall(nint number, SafeFileHandle folder, string path, ref OpenHow how, nint size);

    [StructLayout(LayoutKind.Sequential)]
    struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    // Linux UAPI, struct statx_timestamp.
    [StructLayout(LayoutKind.Sequential)]
    struct Timestamp
    {
        public long Seconds;
        public uint Nanosecond;
        public int Reserved;

        public readonly long Nanoseconds => Seconds * 1_000_000_000 + Nanosecond;
    }

    // Linux UAPI, struct statx: 256 bytes, of which the fields that are read are declared.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct StatxResult
    {
        [FieldOffset(28)]
        public ushort Mode;

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

        public readonly EntryState ToEntryState() => new(
            (Mode & 0xf000) switch { 0x8000 => EntryKind.File, 0x4000 => EntryKind.Folder, _ => EntryKind.Other },
            new FileStamp(((ulong)DeviceMajor << 32) | DeviceMinor, Inode, (long)Size, Modified.Nanoseconds, Changed.Nanoseconds),
            (Mode & 0x40) != 0);
    }
}
