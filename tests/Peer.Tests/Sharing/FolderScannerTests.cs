using System.Diagnostics;
using P2P.Content;
using P2P.Peers.Sharing;

namespace P2P.Peers.Tests.Sharing;

public sealed class FolderScannerTests : IDisposable
{
    readonly SharingFixture _fixture = new();
    readonly ScanTally _tally = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Scan_Tree_FindsRegularFilesOnly()
    {
        _fixture.Write("a.txt", 1);
        _fixture.Write("deep/er/b.txt", 1, 2);
        File.CreateSymbolicLink(Path.Combine(_fixture.Root, "link"), "/etc/passwd");
        Directory.CreateSymbolicLink(Path.Combine(_fixture.Root, "loop"), _fixture.Root);
        Process.Start("mkfifo", Path.Combine(_fixture.Root, "fifo"))!.WaitForExit();

        Assert.Equal(["share/a.txt", "share/deep/er/b.txt"], Scan("").Order(StringComparer.Ordinal));
        Assert.Equal(3, _tally.Count(SkipReason.NotRegular));
    }

    [Fact]
    public void Scan_PartAndJournal_AreLeftOut()
    {
        var content = new ContentId(ContentRoot.Empty, 0);
        var names = PartNames.For("film.mkv", content);
        _fixture.Write(names.Part, 1);
        _fixture.Write(names.Journal, 1);
        _fixture.Write($".{content}.part", 1);
        _fixture.Write("my.journal", 1);
        _fixture.Write("volume.part", 1);

        Assert.Equal(["share/my.journal", "share/volume.part"], Scan("").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Scan_NamesThatCannotBePublished_AreCounted()
    {
        _fixture.Write("line\nbreak", 1);
        _fixture.Write("fine", 1);
        MakeNameOfBytes([0xff, 0xfe, (byte)'x']);

        Assert.Equal(["share/fine"], Scan(""));
        Assert.Equal(2, _tally.Count(SkipReason.Name));
        RunInShare("rm -f *");
    }

    [Fact]
    public void Scan_EmptyFolders_AreFoundAsWhatStandsForThem()
    {
        Directory.CreateDirectory(Path.Combine(_fixture.Root, "empty"));
        Directory.CreateDirectory(Path.Combine(_fixture.Root, "outer/inner"));
        _fixture.Write("full/a", 1);
        // Nobody's file may pass for one.
        _fixture.Write("forged/.p2p-empty-folder", 1);

        Assert.Equal(
            ["share/empty/.p2p-empty-folder", "share/full/a", "share/outer/inner/.p2p-empty-folder"], Scan("").Order(StringComparer.Ordinal));
        Assert.Equal(["share/empty/.p2p-empty-folder"], Scan("empty/.p2p-empty-folder"));
        Assert.Empty(Scan("full/.p2p-empty-folder"));
        Assert.Empty(Scan("forged/.p2p-empty-folder"));
        Assert.Empty(Scan("gone/.p2p-empty-folder"));
        Assert.Empty(Scan(".p2p-empty-folder"));
    }

    [Fact]
    public async Task Update_FolderThatFillsAndEmpties_IsShownWhenEmpty()
    {
        Directory.CreateDirectory(Path.Combine(_fixture.Root, "empty"));
        var shown = Assert.Single((await _fixture.UpdateAsync()).Files.Values);
        Assert.Equal((ContentId.Empty, "share/empty/.p2p-empty-folder"), (shown.Content, shown.Path));

        var file = _fixture.Write("empty/a", 1);
        await _fixture.UpdateAsync("empty/a");
        Assert.Equal(["share/empty/a"], (await _fixture.UpdateAsync("empty/.p2p-empty-folder")).Files.Keys);

        File.Delete(file);
        await _fixture.UpdateAsync("empty/a");
        Assert.Equal(["share/empty/.p2p-empty-folder"], (await _fixture.UpdateAsync("empty/.p2p-empty-folder")).Files.Keys);
    }

    [Fact]
    public void Scan_OneFile_FindsIt()
    {
        _fixture.Write("deep/a", 1);
        _fixture.Write("deep/b", 1);

        Assert.Equal(["share/deep/a"], Scan("deep/a"));
        Assert.Empty(Scan("deep/c"));
    }

    [Fact]
    public void Scan_BelowALink_FindsNothing()
    {
        Directory.CreateDirectory(Path.Combine(_fixture.Outside, "secret"));
        File.WriteAllText(Path.Combine(_fixture.Outside, "secret", "canary"), "x");
        Directory.CreateSymbolicLink(Path.Combine(_fixture.Root, "in"), Path.Combine(_fixture.Outside, "secret"));

        Assert.Empty(Scan("in/canary"));
        Assert.Empty(Scan("in"));
        Assert.Empty(Scan("../secret/canary"));
    }

    List<string> Scan(string relative) =>
        [.. FolderScanner.Scan(_fixture.Folder, relative, _tally).Select(file => file.Path)];

    // .NET can neither name such a file nor delete it.
    void MakeNameOfBytes(byte[] name)
    {
        var escaped = string.Concat(name.Select(value => $"\\{Convert.ToString(value, 8).PadLeft(3, '0')}"));
        RunInShare($"touch \"$(printf '{escaped}')\"");
        Assert.Contains(Directory.GetFiles(_fixture.Root), path => path.Contains('\ufffd', StringComparison.Ordinal));
    }

    void RunInShare(string command) =>
        Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { WorkingDirectory = _fixture.Root })!.WaitForExit();
}
