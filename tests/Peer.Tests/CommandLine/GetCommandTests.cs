using System.Text.Json;
using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.CommandLine;

public sealed class GetCommandTests : IAsyncLifetime
{
    readonly FakeDirectory _known = new();
    readonly TemporaryFolder _folder = new();
    readonly Sample _big = new(3_000_000, seed: 1);
    readonly Sample _small = new(1000, seed: 2);
    readonly Sample _other = new(1001, seed: 3);
    ServiceHost _directory = null!;
    ServiceHost _ana = null!;
    ServiceHost _ben = null!;
    ServiceHost _mallory = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _directory = await ServiceHost.StartAsync(_known);
        _ana = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _big, _small));
        _ben = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _big, _other));
        _mallory = await ServiceHost.StartAsync(new LyingCatalog(Behavior.FlippedBit, _big, _small, _other));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ServiceHost host in (ServiceHost[])[_directory, _ana, _ben, _mallory])
            await host.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Get_NameThatTwoShare_TakesTheFileFromBoth()
    {
        _known.Add("ana", _ana, ("films/a.bin", _big));
        _known.Add("ben", _ben, ("b/a.bin", _big));

        Run run = await GetAsync("a.bin");

        Assert.Equal((ExitCodes.Ok, ""), (run.Code, run.Error.Contains("wrong", StringComparison.Ordinal) ? run.Error : ""));
        Assert.Equal(_big.Bytes, await File.ReadAllBytesAsync(_folder["a.bin"], Cancel));
    }

    [Fact]
    public async Task Get_SearchRunsOutOfTime_AsksAgain()
    {
        _known.Add("ana", _ana, ("films/a.bin", _small));
        _known.BusySearches = 2;

        Assert.Equal(ExitCodes.Ok, (await GetAsync("a.bin")).Code);
    }

    [Fact]
    public async Task Get_SearchNeverHasTheTime_SaysSoAndNotThatThereIsNothing()
    {
        _known.Add("ana", _ana, ("films/a.bin", _small));
        _known.BusySearches = int.MaxValue;

        Run run = await GetAsync("a.bin");

        Assert.Equal(ExitCodes.Unavailable, run.Code);
        Assert.Contains("busy", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Root_TakesTheNameFromASource()
    {
        _known.Add("ana", _ana, ("films/a.bin", _big));

        Assert.Equal(ExitCodes.Ok, (await GetAsync(_big.Id.Root.ToString())).Code);
        Assert.Equal(["a.bin"], _folder.Names);
    }

    [Fact]
    public async Task Get_NameOfTwoContents_ListsTheRootsAndFetchesNothing()
    {
        _known.Add("ana", _ana, ("x/a.bin", _small));
        _known.Add("ben", _ben, ("y/a.bin", _other));

        Run run = await GetAsync("a.bin");

        Assert.Equal(ExitCodes.Ambiguous, run.Code);
        Assert.Contains(_small.Id.ToString(), run.Error, StringComparison.Ordinal);
        Assert.Contains(_other.Id.ToString(), run.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task Get_OneLiar_IsRefusedAndNamedWithoutAFinalFile()
    {
        _known.Add("mallory", _mallory, ("x/a.bin", _big));

        Run run = await GetAsync("a.bin");

        Assert.Equal(ExitCodes.Damaged, run.Code);
        Assert.Contains("mallory", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["a.bin"]));
    }

    [Fact]
    public async Task Get_FolderOfAPeer_KeepsItsStructure()
    {
        _known.Add("ana", _ana, ("x/music/deep/a.bin", _big), ("x/music/b.bin", _small));

        Run run = await GetAsync("--from ana x/music");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(_big.Bytes, await File.ReadAllBytesAsync(_folder["music/deep/a.bin"], Cancel));
        Assert.Equal(_small.Bytes, await File.ReadAllBytesAsync(_folder["music/b.bin"], Cancel));
    }

    [Fact]
    public async Task Get_FolderWithEmptyOnes_ComesWithThemItsTimesAndExecutableBits()
    {
        Sample nothing = new(0, seed: 0);
        _known.Add("ana", _ana, ("x/tree/run.sh", _small), ("x/tree/data.bin", _big), ("x/tree/deep/empty/.p2p-empty-folder", nothing), ("x/tree/bare/.p2p-empty-folder", nothing));

        Run run = await GetAsync("--from ana x/tree");
        Run listed = await Run.Async($"ls ana x/tree --recursive --directory {_directory.Url}");

        Assert.Equal(ExitCodes.Ok, run.Code);
        DateTime time = FakeDirectory.Time.ToDateTime();
        Assert.All(["tree/run.sh", "tree/data.bin"], name => Assert.Equal(time, File.GetLastWriteTimeUtc(_folder[name])));
        Assert.All(["tree/deep/empty", "tree/bare"], name =>
        {
            Assert.Empty(System.IO.Directory.GetFileSystemEntries(_folder[name]));
            Assert.Equal(time, System.IO.Directory.GetLastWriteTimeUtc(_folder[name]));
        });
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(_folder["tree/run.sh"]).HasFlag(UnixFileMode.UserExecute));
            Assert.False(File.GetUnixFileMode(_folder["tree/data.bin"]).HasFlag(UnixFileMode.UserExecute));
        }

        Assert.Contains("x/tree/bare/", listed.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("p2p-empty-folder", listed.Out, StringComparison.Ordinal);
        // Again, beside what its owner has put there meanwhile.
        await File.WriteAllTextAsync(_folder["tree/bare/mine"], "mine", Cancel);
        Assert.Equal(ExitCodes.Ok, (await GetAsync("--from ana x/tree")).Code);
        Assert.Equal("mine", await File.ReadAllTextAsync(_folder["tree/bare/mine"], Cancel));
        Assert.NotEqual(time, System.IO.Directory.GetLastWriteTimeUtc(_folder["tree/bare"]));
    }

    [Fact]
    public async Task GetAndLs_APeerWithADownloadUnderWay_LeaveThatOut()
    {
        _known.Add("ana", _ana, ("x/b.bin", _small), (".partial/0123456789abcdef/a.bin", _big));

        Run listed = await Run.Async($"ls ana --directory {_directory.Url} --recursive");
        Run asked = await Run.Async($"ls ana .partial --directory {_directory.Url}");
        Run got = await GetAsync("--from ana /");

        Assert.Contains("x/b.bin", listed.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(".partial", listed.Out, StringComparison.Ordinal);
        Assert.Contains("0123456789abcdef/a.bin", asked.Out, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.Ok, "x"), (got.Code, Assert.Single(_folder.Names)));
    }

    [Fact]
    public async Task Get_SeveralOfWhichOneIsMissing_FetchesTheOthers()
    {
        _known.Add("ana", _ana, ("x/a.bin", _big), ("x/b.bin", _small));

        Run run = await Run.InAsync(
            [], "a.bin\nnot-here.bin\nb.bin\n", $"get --directory {_directory.Url} --from-list - -o {_folder.Path}/");

        Assert.Equal(ExitCodes.NotFound, run.Code);
        Assert.Equal(["a.bin", "b.bin"], _folder.Names);
        Assert.Contains("not-here.bin", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ListOfWholePathsWithOneName_KeepsTheirFolders()
    {
        _known.Add("ana", _ana, ("x/one/same.bin", _big), ("x/two/same.bin", _small));

        Run run = await Run.InAsync(
            [], "x/one/same.bin\nx/two/same.bin\n", $"get --directory {_directory.Url} --from-list - -o {_folder.Path}/");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal(_big.Bytes, await File.ReadAllBytesAsync(_folder["x/one/same.bin"], Cancel));
        Assert.Equal(_small.Bytes, await File.ReadAllBytesAsync(_folder["x/two/same.bin"], Cancel));
    }

    [Fact]
    public async Task Get_FileThatIsHereAlready_FetchesNothing()
    {
        _known.Add("ana", _ana, ("x/b.bin", _small));
        await File.WriteAllBytesAsync(_folder["b.bin"], _small.Bytes, Cancel);

        Run run = await GetAsync("b.bin --json");

        Assert.Equal(ExitCodes.Ok, run.Code);
        JsonElement done = JsonDocument.Parse(run.Out.Trim().Split('\n')[^1]).RootElement;
        Assert.Equal(("done", 0), (done.GetProperty("event").GetString(), done.GetProperty("received").GetInt32()));
    }

    [Fact]
    public async Task Get_AnotherFileInTheWay_LeavesItUnlessForced()
    {
        _known.Add("ana", _ana, ("x/b.bin", _small));
        await File.WriteAllTextAsync(_folder["b.bin"], "mine", Cancel);

        Run refused = await GetAsync("b.bin");
        string after = await File.ReadAllTextAsync(_folder["b.bin"], Cancel);
        Run forced = await GetAsync("b.bin --force");

        Assert.Equal((ExitCodes.Exists, "mine"), (refused.Code, after));
        Assert.Equal(ExitCodes.Ok, forced.Code);
        Assert.Equal(_small.Bytes, await File.ReadAllBytesAsync(_folder["b.bin"], Cancel));
    }

    [Fact]
    public async Task Get_HostileName_CannotLeaveTheFolder()
    {
        _known.Add("ana", _ana, ("x/..\\..\\evil\u202etxt.bin", _small));

        Run run = await GetAsync("--from ana x");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.DoesNotContain('\u202e', run.Out + run.Error);
        Assert.DoesNotContain(_folder.Names, n => n.Contains('\\', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_DirectoryThatIsAway_SaysSo()
    {
        Run run = await Run.Async("get a.bin --directory http://127.0.0.1:1");

        Assert.Equal(ExitCodes.Unavailable, run.Code);
        Assert.Contains("does not answer", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_SeveralPages_ListsAll()
    {
        _known.Add("ana", _ana);
        _known.Add("ben", _ben);

        Run run = await Run.Async($"peers --directory {_directory.Url}");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("ana", run.Out, StringComparison.Ordinal);
        Assert.Contains("ben", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_Json_IsOneObjectWithTheHits()
    {
        _known.Add("ana", _ana, ("x/b.bin", _small));

        Run run = await Run.Async($"search b.b --json --directory {_directory.Url}");

        JsonElement hit = JsonDocument.Parse(run.Out).RootElement.GetProperty("hits")[0];
        Assert.Equal(_small.Id.Root.ToString(), hit.GetProperty("root").GetString());
        Assert.Equal(1000, hit.GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task Search_User_LogsInAsAReaderAndOut()
    {
        FakeDirectory members = new() { MembersOnly = true };
        await using ServiceHost host = await ServiceHost.StartAsync(members);
        members.Add("ana", _ana, ("x/b.bin", _small));
        Dictionary<string, string> environment = new() { ["P2P_DIRECTORY"] = host.Url, ["P2P_USER"] = "eva", ["P2P_PASSWORD"] = "per1234" };

        Run anonymous = await Run.InAsync(new() { ["P2P_DIRECTORY"] = host.Url }, "", "search b.bin");
        Run wrong = await Run.InAsync(environment, "", "search b.bin --password no");
        Run member = await Run.InAsync(environment, "", "search b.bin");

        Assert.Equal((ExitCodes.Refused, ExitCodes.Refused, ExitCodes.Ok), (anonymous.Code, wrong.Code, member.Code));
        Assert.Equal(1, members.Logouts);
    }

    Task<Run> GetAsync(string arguments) => Run.Async($"get --directory {_directory.Url} {arguments} -o {_folder.Path}/ --patience 0");
}
