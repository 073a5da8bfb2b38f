using System.Diagnostics;
using P2P.Peers.Sharing;

namespace P2P.Peers.Tests.Sharing;

public sealed class ShareOpenerTests : IDisposable
{
    readonly SharingFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Open_RegularFile_OpensIt()
    {
        _fixture.Write("deep/a", 1, 2, 3);

        using var file = ShareOpener.Open(_fixture.Root, "deep/a", out var state);

        Assert.NotNull(file);
        Assert.Equal(3, state.Stamp.Length);
        Assert.Equal(state, EntryState.Of(Path.Combine(_fixture.Root, "deep/a")));
    }

    [Theory]
    [InlineData("../canary")]
    [InlineData("deep/../../canary")]
    [InlineData("/etc/hostname")]
    [InlineData("file-link")]
    [InlineData("folder-link/canary")]
    [InlineData("absolute-link")]
    [InlineData("fifo")]
    [InlineData("deep")]
    [InlineData("")]
    [InlineData("nothing/there")]
    [InlineData("deep/a/below-a-file")]
    public void Open_WhatIsNotBelowOrNotRegular_IsRefused(string relative)
    {
        MakeTraps();

        Assert.Null(ShareOpener.Open(_fixture.Root, relative, out _));
        Assert.Null(relative.Contains("..", StringComparison.Ordinal) || relative is "" or ['/', ..]
            ? null
            : Regular(ShareOpener.OpenByComponent(_fixture.Root, relative)));
    }

    [Fact]
    public void Open_Device_IsRefused() => Assert.Null(ShareOpener.Open("/dev", "null", out _));

    [Fact]
    public async Task Open_FolderSwappedForLink_NeverLeadsOut()
    {
        MakeTraps();
        var place = Path.Combine(_fixture.Root, "swap");
        var aside = Path.Combine(_fixture.Outside, "aside");
        Directory.CreateDirectory(place);
        File.WriteAllText(Path.Combine(place, "canary"), "inside");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var swapping = Task.Run(() => Swap(place, aside, stop.Token), TestContext.Current.CancellationToken);

        var opened = 0;
        for (var i = 0; i < 20_000 || (opened == 0 && i < 1_000_000); i++)
        {
            using var file = i % 2 == 0
                ? ShareOpener.Open(_fixture.Root, "swap/canary", out _)
                : ShareOpener.OpenByComponent(_fixture.Root, "swap/canary");
            if (file is not null)
            {
                opened++;
                Assert.Equal(6, RandomAccess.GetLength(file));
            }
        }

        await stop.CancelAsync();
        await swapping;
        Assert.True(opened > 0);
    }

    static string? Regular(Microsoft.Win32.SafeHandles.SafeFileHandle? file)
    {
        using (file)
        {
            return file is not null && EntryState.Of(file).Kind == EntryKind.File ? "opened" : null;
        }
    }

    void Swap(string place, string aside, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Directory.Move(place, aside);
            Directory.CreateSymbolicLink(place, _fixture.Outside);
            File.Delete(place);
            Directory.Move(aside, place);
        }
    }

    void MakeTraps()
    {
        File.WriteAllText(Path.Combine(_fixture.Outside, "canary"), "outside of the share");
        _fixture.Write("deep/a", 1);
        File.CreateSymbolicLink(Path.Combine(_fixture.Root, "file-link"), "deep/a");
        Directory.CreateSymbolicLink(Path.Combine(_fixture.Root, "folder-link"), "..");
        File.CreateSymbolicLink(Path.Combine(_fixture.Root, "absolute-link"), "/etc/hostname");
        Process.Start("mkfifo", Path.Combine(_fixture.Root, "fifo"))!.WaitForExit();
    }
}
