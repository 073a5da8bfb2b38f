namespace P2P.Content.Tests.Disks;

/// <summary>TRUST.md §2, Receiver's disk: what is received stays below the folder that its user chose.</summary>
public sealed class FolderBelowTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Root => _folder.File("root");

    string Outside => _folder.File("outside");

    public FolderBelowTests()
    {
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Outside);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Make_WayThatIsNotThere_MakesItAndTakesFilesThere()
    {
        using FolderBelow there = FolderBelow.Make(_folder.File("new"), ["a", "b"]);

        Assert.True(there.TryTake(File("1"), "x"));
        Assert.False(there.TryTake(File("2"), "x"));
        there.Flush();

        Assert.Equal("1", System.IO.File.ReadAllText(_folder.File("new/a/b/x")));
        Assert.Equal("2", System.IO.File.ReadAllText(_folder.File("2")));
    }

    [Fact]
    public void Make_RootReachedByALink_IsTheUsersChoice()
    {
        Directory.CreateSymbolicLink(_folder.File("link"), Root);

        using FolderBelow there = FolderBelow.Make(_folder.File("link"), ["a"]);

        Assert.True(Directory.Exists(Path.Combine(Root, "a")));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("link/a")]
    [InlineData("a/link/b")]
    [InlineData("file/a")]
    public void Make_LinkOrFileInTheWay_IsRefusedAndMakesNothingThere(string way)
    {
        Directory.CreateDirectory(Path.Combine(Root, "a"));
        Directory.CreateSymbolicLink(Path.Combine(Root, "link"), Outside);
        Directory.CreateSymbolicLink(Path.Combine(Root, "a", "link"), Outside);
        System.IO.File.WriteAllText(Path.Combine(Root, "file"), "");

        IOException refused = Assert.Throws<IOException>(() => FolderBelow.Make(Root, way.Split('/')));

        Assert.Contains("link or no folder", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Outside));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("..\0x")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a/b")]
    public void Make_NoComponent_IsRefused(string name)
    {
        Assert.Throws<ArgumentException>(() => FolderBelow.Make(Root, [name]));
        using FolderBelow root = FolderBelow.Make(Root, []);
        Assert.Throws<ArgumentException>(() => root.TryTake(File("1"), name));
    }

    [Fact]
    public async Task TryTake_FolderSwappedForALinkMeanwhile_NothingArrivesOutside()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux closes this gap.");
        string place = Path.Combine(Root, "swap"), aside = Path.Combine(Root, "aside");
        Directory.CreateDirectory(place);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task swapping = Task.Run(() => Swap(place, aside, stop.Token), TestContext.Current.CancellationToken);
        int taken = 0;
        for (int i = 0; i < 5000 || (taken == 0 && i < 100_000); i++)
        {
            string file = File("arriving");
            try
            {
                using FolderBelow there = FolderBelow.Make(Root, ["swap", "below"]);
                taken += there.TryTake(file, $"{i}") ? 1 : 0;
            }
            catch (IOException)
            {
                // The link was there, or the folder was gone for an instant.
                continue;
            }
        }

        await stop.CancelAsync();
        await swapping;
        Assert.True(taken > 0);
        Assert.Empty(Directory.GetFileSystemEntries(Outside));
    }

    void Swap(string place, string aside, CancellationToken stop)
    {
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            // While it is away, someone who makes what is missing makes it anew.
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
            Directory.Move(place, aside);
            try
            {
                Directory.CreateSymbolicLink(place, Outside);
                System.IO.File.Delete(place);
                Directory.Move(aside, place);
            }
            catch (IOException)
            {
                // It was made anew.
                continue;
            }
        }
    }

    string File(string name)
    {
        System.IO.File.WriteAllText(_folder.File(name), name);
        return _folder.File(name);
    }
}
