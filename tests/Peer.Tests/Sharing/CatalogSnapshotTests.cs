using P2P.Content;
using P2P.Peers.Sharing;

namespace P2P.Peers.Tests.Sharing;

public sealed class CatalogSnapshotTests
{
    static readonly SharedFolder Folder = new("s", "/s");

    [Theory]
    [InlineData("CAFE", "s/x/Café.txt")]
    [InlineData("café", "s/x/Café.txt")]
    [InlineData("x/caf", "s/x/Café.txt")]
    [InlineData("straße", "s/STRAẞE")]
    [InlineData("nothing")]
    public void Search_Text_FindsWithoutCaseAndAccents(string text, params string[] expected)
    {
        var snapshot = Snapshot("s/x/Café.txt", "s/STRAẞE", "s/other");

        Assert.Equal(expected, snapshot.Search(text, "").Select(file => file.Path));
    }

    [Fact]
    public void Search_AfterAPath_GoesOnBehindIt()
    {
        var snapshot = Snapshot("s/a1", "s/a2", "s/a3");

        Assert.Equal(["s/a3"], snapshot.Search("a", "s/a2").Select(file => file.Path));
        Assert.Equal(["s/a2", "s/a3"], snapshot.Search("a", "s/a11").Select(file => file.Path));
    }

    [Fact]
    public void Named_BaseNameOrPath_FindsExactly()
    {
        var snapshot = Snapshot("s/a/file", "s/b/file", "s/file2");

        Assert.Equal(2, snapshot.Named("file").Count());
        Assert.Equal("s/b/file", Assert.Single(snapshot.Named("s/b/file")).Path);
        Assert.Empty(snapshot.Named("b/file"));
    }

    [Fact]
    public void Between_Snapshots_SaysOnlyWhatDiffers()
    {
        var before = Snapshot("s/same", "s/gone", "s/changed");
        var after = Snapshot("s/same", "s/new");
        var changed = File("s/changed") with { Executable = true };

        var difference = CatalogDifference.Between(before.Files, new Dictionary<string, SharedFile>(after.Files) { [changed.Path] = changed });

        Assert.Equal(["s/changed", "s/new"], difference.Upserts.Select(file => file.Path).Order(StringComparer.Ordinal));
        Assert.Equal(["s/gone"], difference.Removes);
    }

    static SharedFile File(string path) => new(Folder, path, ContentId.Empty, default, false);

    static CatalogSnapshot Snapshot(params string[] paths) => new(1, paths.ToDictionary(path => path, File));
}
