using P2P.Contracts.DirectoryV1;
using P2P.Peers.Tests.Lying;
using P2P.Peers.Tests.Serving;
using TransferState = P2P.Contracts.DirectoryV1.TransferState;

namespace P2P.Peers.Tests.Lines;

public sealed class RemoteFetchTests : IAsyncDisposable
{
    static readonly Sample Content = new(5_000_000, seed: 3);

    readonly P2P.Toolbox.TemporaryFolder _folder = new();
    readonly DaemonFixture _daemon = new();
    ScriptedDirectory _directory = null!;
    ServiceHost _source = null!;

    string Downloads => _folder.File("downloads");

    static FetchRequest Request => new() { PeerId = "peer", Root = Content.Id.Root.ToString(), Length = Content.Id.Length };

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        await (_directory?.DisposeAsync() ?? default);
        await (_source?.DisposeAsync() ?? default);
        _folder.Dispose();
    }

    [Fact]
    public async Task Fetch_NameOfTheSource_IsThereAndWhole()
    {
        var line = await StartAsync(Behavior.Honest);
        Assert.True(line.Hello.AcceptsFetch);
        var end = await line.FetchAsync("1", Request);
        Assert.Equal((TransferState.Done, "sample.bin", Content.Id.Length, 1), (end.State, end.Path, end.BytesDone, end.Sources));
        Assert.Equal(Content.Bytes, await File.ReadAllBytesAsync(Path.Combine(Downloads, "sample.bin"), DaemonFixture.Cancellation));

        // The same again is there already.
        end = await line.FetchAsync("2", Request);
        Assert.Equal((TransferState.Done, "sample.bin"), (end.State, end.Path));
    }

    [Fact]
    public async Task Fetch_WhileItRuns_ServesToOthersWhatItHas()
    {
        Sample large = new((17 * 1024 * 1024) + 3, seed: 5);
        LyingCatalog catalog = new(Behavior.Honest, large);
        var line = await StartAsync(catalog, large);
        var (half, goOn) = (large.Bytes.Length / 2, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        catalog.Before = (sent, stop) => sent < half ? Task.CompletedTask : goOn.Task.WaitAsync(stop);
        await line.SendAsync(new ControlResponse
        {
            Fetch = new ControlFetch { Id = "1", Request = new FetchRequest { PeerId = "peer", Root = large.Id.Root.ToString(), Length = large.Id.Length } },
        });

        await Wait.UntilAsync(() => _daemon.Daemon.Partials.Find(large.Id.Root.ToString(), large.Id.Length) is { Count: > 0 });
        Assert.True(P2P.Content.SharedPath.IsPartial(Assert.Single(_daemon.Daemon.Catalog.Current.Files.Values).Path));
        goOn.SetResult();
        Assert.Equal(TransferState.Done, (await line.EndOfAsync("1")).State);

        await Wait.UntilAsync(() => _daemon.Daemon.Partials.Find(large.Id.Root.ToString(), large.Id.Length) is { IsComplete: true });
        var served = await _daemon.DownloadAsync(new P2P.Contracts.CatalogV1.DownloadRange { Root = large.Id.Root.ToString() });
        Assert.Equal(large.Bytes, served.SelectMany(message => message.Data));
    }

    [Fact]
    public async Task Fetch_OwnerCancelsOnItsOwnCommandLine_SaysSoAndIsInTheHistory()
    {
        var line = await StartAsync(Behavior.Silent);
        await line.SendAsync(new ControlResponse { Fetch = new ControlFetch { Id = "1", Request = Request } });
        P2P.Peers.Transfers.TransferFolder transfers = new(_daemon.Files);
        await Wait.UntilAsync(() => transfers.List().Count == 1);
        var own = new Dictionary<string, string> { ["P2P_DATA"] = _daemon.Files.Folder };

        var cancelled = await Tests.CommandLine.Run.InAsync(own, "", "cancel --all");

        Assert.Equal(0, cancelled.Code);
        var end = await line.EndOfAsync("1");
        Assert.Equal((TransferState.Cancelled, true), (end.State, end.Reason.Contains("owner", StringComparison.Ordinal)));
        var history = await Tests.CommandLine.Run.InAsync(own, "", "history --json");
        Assert.Contains("\"outcome\":\"cancelled\"", history.Out, StringComparison.Ordinal);
        Assert.Empty(transfers.List());
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/outside")]
    [InlineData("a/../../outside")]
    [InlineData("a//b")]
    [InlineData("link/outside")]
    [InlineData("dangling")]
    public async Task Fetch_PathThatLeadsOut_IsRefused(string path)
    {
        var line = await StartAsync(Behavior.Honest);
        System.IO.Directory.CreateDirectory(Downloads);
        File.CreateSymbolicLink(Path.Combine(Downloads, "link"), _folder.Path);
        File.CreateSymbolicLink(Path.Combine(Downloads, "dangling"), _folder.File("outside"));
        var request = Request;
        request.Path = path;
        Assert.Equal(TransferState.Failed, (await line.FetchAsync("1", request)).State);
        Assert.False(File.Exists(_folder.File("outside")));
        Assert.Equal(2, System.IO.Directory.GetFileSystemEntries(Downloads).Length);
    }

    [Fact]
    public async Task Fetch_HostilePath_IsSanitised()
    {
        var line = await StartAsync(Behavior.Honest);
        var request = Request;
        request.Path = "folder/con:\\x. ";
        var end = await line.FetchAsync("1", request);
        Assert.Equal(TransferState.Done, end.State);
        Assert.StartsWith("folder/con__x", end.Path, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Downloads, end.Path)));
    }

    [Fact]
    public async Task Fetch_NameIsTaken_LeavesItAlone()
    {
        var line = await StartAsync(Behavior.Honest);
        System.IO.Directory.CreateDirectory(Downloads);
        await File.WriteAllTextAsync(Path.Combine(Downloads, "sample.bin"), "mine", DaemonFixture.Cancellation);
        var end = await line.FetchAsync("1", Request);
        Assert.Equal(TransferState.Failed, end.State);
        Assert.DoesNotContain(_folder.Path, end.Reason, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(Downloads, "sample.bin"), DaemonFixture.Cancellation));
    }

    [Fact]
    public async Task Fetch_WrongBytes_Fails()
    {
        var line = await StartAsync(Behavior.FlippedBit);
        Assert.Equal(TransferState.Failed, (await line.FetchAsync("1", Request)).State);
        Assert.False(File.Exists(Path.Combine(Downloads, "sample.bin")));
    }

    [Fact]
    public async Task Fetch_UnknownContent_FailsWithTheDirectorysWord()
    {
        var line = await StartAsync(Behavior.Honest);
        var end = await line.FetchAsync("1", new FetchRequest { Root = new string('7', 64), Length = 9 });
        Assert.Equal(TransferState.Failed, end.State);
        Assert.Contains("No live peer", end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_Cancelled_SaysSoAndMoreThanItTakesAreRefused()
    {
        var line = await StartAsync(Behavior.Silent);
        for (var i = 0; i < 33; i++)
        {
            var request = Request;
            request.Path = $"{i}";
            await line.SendAsync(new ControlResponse { Fetch = new ControlFetch { Id = $"{i}", Request = request } });
        }

        Assert.Equal(TransferState.Failed, (await line.EndOfAsync("32")).State);
        await line.SendAsync(new ControlResponse { Cancel = new ControlCancel { Id = "nobody's" } });
        await line.SendAsync(new ControlResponse { Cancel = new ControlCancel { Id = "0" } });
        Assert.Equal(TransferState.Cancelled, (await line.EndOfAsync("0")).State);
        await line.SendAsync(new ControlResponse { Cancel = new ControlCancel { Id = "31" } });
        Assert.Equal(TransferState.Cancelled, (await line.EndOfAsync("31")).State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetch_LineBreaks_EndsUnlessDetached(bool detach)
    {
        var line = await StartAsync(Behavior.Silent);
        var request = Request;
        request.Detach = detach;
        await line.SendAsync(new ControlResponse { Fetch = new ControlFetch { Id = "1", Request = request } });
        await line.ReadAsync();
        line.End.SetResult();
        await _directory.LineAsync();
        if (detach)
        {
            Assert.Equal(1, _daemon.Daemon.Lines!.Fetches);
        }
        else
        {
            await Wait.UntilAsync(() => _daemon.Daemon.Lines!.Fetches == 0);
        }
    }

    Task<ScriptedDirectory.OpenedLine> StartAsync(Behavior behavior) => StartAsync(new LyingCatalog(behavior, Content), Content);

    async Task<ScriptedDirectory.OpenedLine> StartAsync(LyingCatalog catalog, Sample sample)
    {
        _directory = await ScriptedDirectory.StartAsync();
        _source = await ServiceHost.StartAsync(catalog);
        _directory.Share(sample, _source);
        await _daemon.StartAsync(options => options with { Downloads = Downloads }, _directory.Daemon);
        return await _directory.LineAsync();
    }
}
