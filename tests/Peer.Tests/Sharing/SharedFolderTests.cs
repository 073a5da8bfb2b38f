using P2P.Peers.Sharing;
using P2P.Toolbox;

namespace P2P.Peers.Tests.Sharing;

public sealed class SharedFolderTests : IDisposable
{
    readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void FromPaths_SameNames_GetNumbers()
    {
        string[] paths = [Make("a/music"), Make("b/music"), Make("c/Music"), Make("a/music") + "/"];

        Assert.Equal(["music", "music-2", "Music-3"], SharedFolder.FromPaths(paths).Select(folder => folder.Label));
    }

    [Fact]
    public void FromPaths_FileOrNothing_SaysWhich()
    {
        var file = Path.Combine(_temporary.Path, "file");
        File.WriteAllText(file, "");

        Assert.Contains(file, Assert.Throws<DirectoryNotFoundException>(() => SharedFolder.FromPaths([file])).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => SharedFolder.FromPaths([file + "x"]));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("..", false)]
    [InlineData("a\u0085b", false)]
    [InlineData("😀", true)]
    public void IsComponent_Name_FollowsTheContract(string name, bool expected) =>
        Assert.Equal(expected, SharedPathRules.IsComponent(name));

    [Fact]
    public void IsComponent_LoneSurrogate_IsRefused() => Assert.False(SharedPathRules.IsComponent("lone " + (char)0xd800));

    [Fact]
    public void IsComponent_Long_CountsBytes()
    {
        Assert.True(SharedPathRules.IsComponent(new string('x', 255)));
        Assert.False(SharedPathRules.IsComponent(new string('é', 128)));
    }

    string Make(string relative) => Directory.CreateDirectory(Path.Combine(_temporary.Path, relative)).FullName;
}
