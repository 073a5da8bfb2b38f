using P2P.Content;
using P2P.Peers.Sharing;

namespace P2P.Peers.Tests.Sharing;

public sealed class ShareIndexerTests : IDisposable
{
    readonly SharingFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Update_NewTree_SharesEveryFileWithItsRoot()
    {
        _fixture.Write("a", [.. Enumerable.Range(0, 40_000).Select(i => (byte)i)]);
        _fixture.Write("deep/empty");

        var snapshot = await _fixture.UpdateAsync();

        Assert.Equal(["share/a", "share/deep/empty"], snapshot.Files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(ContentId.Empty, snapshot.Files["share/deep/empty"].Content);
        var hasher = new MerkleHasher();
        hasher.Append(await File.ReadAllBytesAsync(Path.Combine(_fixture.Root, "a"), TestContext.Current.CancellationToken));
        Assert.Equal(new ContentId(hasher.Finish(), 40_000), snapshot.Files["share/a"].Content);
    }

    [Fact]
    public async Task Update_NothingChanged_ShowsNoNewSnapshot()
    {
        _fixture.Write("a", 1);
        var before = await _fixture.UpdateAsync();

        Assert.Same(before, await _fixture.UpdateAsync());
        Assert.Equal(0, _fixture.Progress.FilesToHash);
    }

    [Fact]
    public async Task Update_FolderRenamed_HashesNothing()
    {
        for (var i = 0; i < 20; i++)
        {
            _fixture.Write($"old/{i}", (byte)i, 7);
        }

        var before = await _fixture.UpdateAsync();
        Directory.Move(Path.Combine(_fixture.Root, "old"), Path.Combine(_fixture.Root, "new"));
        File.Move(Path.Combine(_fixture.Root, "new/3"), Path.Combine(_fixture.Root, "three"));

        var after = await _fixture.UpdateAsync();

        Assert.Equal(0, _fixture.Progress.FilesToHash);
        Assert.Equal(before.Files["share/old/3"].Content, after.Files["share/three"].Content);
        Assert.DoesNotContain(after.Files.Keys, path => path.StartsWith("share/old", StringComparison.Ordinal));
        Assert.Equal(20, after.Files.Count);
    }

    [Fact]
    public async Task Update_RewrittenWithOldModificationTime_IsHashedAgain()
    {
        var path = _fixture.Write("a", 1, 2, 3);
        var before = await _fixture.UpdateAsync();
        var time = File.GetLastWriteTimeUtc(path);
        await File.WriteAllBytesAsync(path, [4, 5, 6], TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(path, time);

        var after = await _fixture.UpdateAsync();

        Assert.NotEqual(before.Files["share/a"].Content, after.Files["share/a"].Content);
    }

    [Fact]
    public async Task Update_SecondRunWithSameCache_HashesNothing()
    {
        _fixture.Write("a", 1);
        _fixture.Write("b", 2);
        await _fixture.UpdateAsync();
        var progress = new SharingProgress();
        using var hashing = new FileHashing(_fixture.Cache, progress, 1);
        var state = new CatalogState();
        var again = new ShareIndexer(
            state, hashing, progress, _fixture.Options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        await again.UpdateAsync([ScanScope.Whole(_fixture.Folder)], TestContext.Current.CancellationToken);

        Assert.Equal(2, state.Current.Files.Count);
        Assert.Equal(0, progress.FilesToHash);
    }

    [Fact]
    public async Task Update_OneScope_LeavesTheRestAlone()
    {
        _fixture.Write("a/1", 1);
        _fixture.Write("b/1", 1);
        await _fixture.UpdateAsync();
        Directory.Delete(Path.Combine(_fixture.Root, "a"), recursive: true);
        Directory.Delete(Path.Combine(_fixture.Root, "b"), recursive: true);

        var after = await _fixture.UpdateAsync("a");

        Assert.Equal(["share/b/1"], after.Files.Keys);
    }

    [Fact]
    public async Task Update_FileStillBeingWritten_IsLeftForLater()
    {
        using var slow = new SharingFixture(new SharingOptions { SettleTime = TimeSpan.FromHours(1) });
        slow.Write("growing", 1);

        var later = await slow.Indexer.UpdateAsync([ScanScope.Whole(slow.Folder)], TestContext.Current.CancellationToken);

        Assert.Equal([new ScanScope(slow.Folder, "growing")], later);
        Assert.Empty(slow.State.Current.Files);
    }
}
