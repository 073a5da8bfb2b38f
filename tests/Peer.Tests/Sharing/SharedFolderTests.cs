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

    string Make(string relative) => Directory.CreateDirectory(Path.Combine(_temporary.Path, relative)).FullName;
}
