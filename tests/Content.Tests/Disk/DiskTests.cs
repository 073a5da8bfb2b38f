using Microsoft.Win32.SafeHandles;

namespace P2P.Content.Tests.Disks;

public sealed class DiskTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Flush_GoodFile_Returns()
    {
        using SafeFileHandle file = File.OpenHandle(_folder.Write("f", [1, 2, 3]), FileMode.Open, FileAccess.ReadWrite);
        Disk.Flush(file);
        Disk.FlushFolder(_folder.Path);
    }

    [Fact]
    public void Flush_WhatCannotBeSynced_Throws()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux's flush is our own.");
        // A pipe has no disk: fsync answers EINVAL, which the framework's flush takes for success.
        using System.IO.Pipes.AnonymousPipeServerStream pipe = new();
        using SafeFileHandle file = new(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Assert.Throws<IOException>(() => Disk.Flush(file));
    }

    [Fact]
    public void FlushFolder_Missing_Throws() => Assert.Throws<IOException>(() => Disk.FlushFolder(_folder.File("none")));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryMoveNew_NameFree_Moves(bool byLink)
    {
        string from = _folder.Write("a", [1]);
        Assert.True(Move(from, _folder.File("b"), byLink));
        Assert.Equal([1], File.ReadAllBytes(_folder.File("b")));
        Assert.False(File.Exists(from));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryMoveNew_NameTaken_ChangesNothing(bool byLink)
    {
        string from = _folder.Write("a", [1]);
        string to = _folder.Write("b", [2]);
        Assert.False(Move(from, to, byLink));
        Assert.Equal([1], File.ReadAllBytes(from));
        Assert.Equal([2], File.ReadAllBytes(to));
    }

    [Fact]
    public void TryMoveNew_DanglingLinkAtTheName_IsNotFollowed()
    {
        string from = _folder.Write("a", [1]);
        File.CreateSymbolicLink(_folder.File("b"), _folder.File("elsewhere"));
        Assert.False(Disk.TryMoveNew(from, _folder.File("b")));
        Assert.False(File.Exists(_folder.File("elsewhere")));
    }

    [Fact]
    public void TryMoveNew_NothingToMove_Throws() =>
        Assert.Throws<IOException>(() => Disk.TryMoveNew(_folder.File("none"), _folder.File("b")));

    [Fact]
    public void Reserve_Length_IsSetAndReadsAsZeros()
    {
        using SafeFileHandle file = File.OpenHandle(_folder.File("f"), FileMode.CreateNew, FileAccess.ReadWrite);
        Disk.Reserve(file, 100_000);
        Assert.Equal(100_000, RandomAccess.GetLength(file));
        Disk.Reserve(file, 0);
        Assert.Equal(0, RandomAccess.GetLength(file));
    }

    [Fact]
    public void Reserve_MoreThanTheDiskHas_Throws()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems reserve lazily.");
        using SafeFileHandle file = File.OpenHandle(_folder.File("f"), FileMode.CreateNew, FileAccess.ReadWrite);
        Assert.Throws<IOException>(() => Disk.Reserve(file, 1L << 49));
    }

    [Fact]
    public void Reserve_InMemory_ChecksTheRoomAndFillsNothing()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "There is no folder in memory.");
        string path = Path.Combine("/dev/shm", Path.GetRandomFileName());
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, options: FileOptions.DeleteOnClose);
        Disk.Reserve(file, 100_000);
        Assert.Equal(100_000, RandomAccess.GetLength(file));
        Assert.Throws<IOException>(() => Disk.Reserve(file, 1L << 49));
    }

    [Fact]
    public void Stamp_TimePutBack_StillTellsARewrite()
    {
        string path = _folder.Write("f", [1, 2, 3]);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        FileStamp before = FileStamp.Of(file);
        Assert.Equal(before, FileStamp.Of(file));
        Assert.Equal(3, before.Length);
        DateTime modified = File.GetLastWriteTimeUtc(path);
        Assert.Equal((modified - DateTime.UnixEpoch).Ticks, before.Modified / 100);
        RandomAccess.Write(file, [9], 0);
        File.SetLastWriteTimeUtc(path, modified);
        Assert.NotEqual(before, FileStamp.Of(file));
    }

    [Fact]
    public void Xdg_Environment_IsFollowedWhereAbsolute()
    {
        Dictionary<string, string> set = new() { ["XDG_DATA_HOME"] = "/d", ["XDG_CACHE_HOME"] = "relative", ["XDG_RUNTIME_DIR"] = "/run/user/7" };
        Assert.Equal(new XdgPaths("/d/p", "/h/.config/p", "/h/.cache/p", "/run/user/7/p"), XdgPaths.For("p", set.GetValueOrDefault, "/h"));
        Assert.Equal("/h/.local/share/p/run", XdgPaths.For("p", _ => null, "/h").Runtime);
    }

    static bool Move(string from, string to, bool byLink) => byLink ? Disk.TryLink(from, to) : Disk.TryMoveNew(from, to);
}
