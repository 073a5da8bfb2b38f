using System.Text.Json;
using P2P.Peers.Fetching;
using P2P.Peers.Local;
using P2P.Peers.Tests.CommandLine;
using P2P.Peers.Tests.Lying;
using P2P.Peers.Transfers;

namespace P2P.Peers.Tests.Transfers;

/// <summary>A download is seen, paused, resumed and cancelled by other commands of the same data folder.</summary>
public sealed class TransferCommandTests : IAsyncLifetime
{
    readonly TemporaryFolder _folder = new();
    readonly FakeDirectory _known = new();
    readonly Sample _sample = new(6 * 1024 * 1024 + 5, seed: 1);
    readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    LyingCatalog _catalog = null!;
    ServiceHost _directory = null!, _source = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    DaemonFiles Files => new(_folder["peer"]);

    public async ValueTask InitializeAsync()
    {
        _catalog = new LyingCatalog(Behavior.Honest, _sample) { Before = (sent, stop) => sent < 2 * 1024 * 1024 ? Task.CompletedTask : _held.Task.WaitAsync(stop) };
        _directory = await ServiceHost.StartAsync(_known);
        _source = await ServiceHost.StartAsync(_catalog);
        _known.Add("ana", _source, ("x/a.bin", _sample));
    }

    public async ValueTask DisposeAsync()
    {
        _held.TrySetResult();
        await _source.DisposeAsync();
        await _directory.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Pause_ThenResume_TheDownloadStopsAndGoesOnToItsEnd()
    {
        Task<Run> get = await BeginAsync("--json");
        string id = Assert.Single(new TransferFolder(Files).List()).Record.Id;

        Run paused = await RunAsync($"pause {id[..4]}");
        Assert.Equal((ExitCodes.Ok, $"{id} is paused\n"), (paused.Code, paused.Out));
        JsonElement listed = JsonDocument.Parse((await RunAsync("transfers --json")).Out).RootElement.GetProperty("transfers")[0];
        Assert.Equal((id, "get", "paused", "a.bin", _sample.Id.Length), (
            listed.GetProperty("id").GetString(), listed.GetProperty("kind").GetString(), listed.GetProperty("state").GetString(),
            listed.GetProperty("what").GetString(), listed.GetProperty("total").GetInt64()));
        // What was under way has ended, and nobody is asked while it is paused, though the source would answer now.
        await Wait.UntilAsync(() => _catalog.Running == 0);
        int asked = _catalog.Downloads;
        _held.SetResult();
        Assert.Matches($"{id} +get +paused", (await RunAsync("transfers")).Out);
        Assert.Equal((false, asked), (get.IsCompleted, _catalog.Downloads));

        Assert.Contains("running", (await RunAsync($"resume {id}")).Out, StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Ok, (await get).Code);
        // It was our own doing, and not the source left for its silence.
        Assert.DoesNotContain("\"fault\"", (await get).Out, StringComparison.Ordinal);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(_folder["a.bin"], Cancel));
        Assert.Contains("No transfers", (await RunAsync("transfers")).Out, StringComparison.Ordinal);
        HistoryEntry entry = Assert.Single(await new TransferHistory(Files).ReadAsync(TimeProvider.System));
        Assert.Equal((id, "done", 1, _sample.Id.Length), (entry.Id, entry.Outcome, entry.Files, entry.Bytes));
        Assert.StartsWith("ana", Assert.Single(entry.Sources).Name, StringComparison.Ordinal);
        Assert.Matches("get +done +1 ", (await RunAsync("history")).Out);
    }

    [Fact]
    public async Task Cancel_ADownload_EndsItWithItsPartKeptAndTheSameCommandGoesOn()
    {
        Task<Run> get = await BeginAsync();

        Run cancelled = await RunAsync("cancel --all");
        Run ended = await get;

        Assert.Equal((ExitCodes.Ok, ExitCodes.Cancelled), (cancelled.Code, ended.Code));
        Assert.Contains("the same command goes on", ended.Error, StringComparison.Ordinal);
        Assert.Contains(_folder.Names, name => name.EndsWith(".part", StringComparison.Ordinal));
        Assert.Equal("cancelled", Assert.Single(await new TransferHistory(Files).ReadAsync(TimeProvider.System)).Outcome);
        _held.SetResult();
        Assert.Equal(ExitCodes.Ok, (await RunAsync($"get a.bin --directory {_directory.Url} -o {_folder.Path}/")).Code);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(_folder["a.bin"], Cancel));
    }

    [Fact]
    public async Task Pause_ForLongerThanItsPatience_IsNoAbsenceOfTheSource()
    {
        Task<Run> get = await BeginAsync("--patience 0");
        await RunAsync("pause --all");
        _held.SetResult();
        await RunAsync("resume --all");

        Assert.Equal(ExitCodes.Ok, (await get).Code);
    }

    [Fact]
    public async Task Transfers_ProcessOfOneWasKilled_IsInterruptedAndCanBeForgotten()
    {
        TransferFolder folder = new(Files);
        TransferRecord record = folder.New("get", "evil\u001b[2J.bin", "/target", DateTimeOffset.UnixEpoch);
        // The kernel lets go of a dead process's locks.
        await folder.Hold(record).DisposeAsync();

        Run listed = await RunAsync("transfers");
        Run resumed = await RunAsync($"resume {record.Id}");
        Run cancelled = await RunAsync($"cancel {record.Id}");

        Assert.Matches($"{record.Id} +get +interrupted", listed.Out);
        Assert.DoesNotContain('\u001b', listed.Out + resumed.Error);
        Assert.Equal((ExitCodes.NotFound, ExitCodes.Ok), (resumed.Code, cancelled.Code));
        Assert.Contains("goes on from there", resumed.Error, StringComparison.Ordinal);
        Assert.Empty(new TransferFolder(Files).List());
    }

    [Fact]
    public async Task Cancel_ProcessLivesAndDoesNotAnswer_SaysSoAndForgetsNothing()
    {
        TransferFolder folder = new(Files);
        TransferRecord record = folder.New("get", "stuck.bin", "/target", DateTimeOffset.UnixEpoch);
        await using FileStream held = folder.Hold(record);

        Run cancelled = await RunAsync("cancel --all");

        Assert.Equal(ExitCodes.Failed, cancelled.Code);
        Assert.Contains("does not answer", cancelled.Error, StringComparison.Ordinal);
        Assert.True(Assert.Single(folder.List()).IsLive);
        Assert.Matches($"{record.Id} +get +silent", (await RunAsync("transfers")).Out);
    }

    [Fact]
    public async Task Cancel_InTheInstantThatItIsWrittenDown_IsHeard()
    {
        TransferFolder folder = new(Files);
        TransferRecord record = folder.New("get", "first.bin", "/target", DateTimeOffset.UnixEpoch);
        for (int i = 0; i < 50; i++)
        {
            Task<LiveTransfer> begun = Task.Run(() => LiveTransfer.Begin(Files, "get", "x.bin", "/target", new FetchMeter(), TimeProvider.System), Cancel);
            string? written;
            do
                written = System.IO.Directory.EnumerateFiles(Files.Transfers, "*.json").FirstOrDefault();
            while (written is null && !begun.IsFaulted);
            Assert.NotNull(written);
            string socket = Files.TransferSocket(Path.GetFileNameWithoutExtension(written));

            Assert.NotNull(await TransferCalls.SayAsync(record with { Socket = socket }, TransferWord.Cancel, TimeProvider.System, Cancel));
            await (await begun).DisposeAsync();
        }
    }

    [Fact]
    public async Task Transfers_ManyWereInterrupted_KeepsTheNewestOnly()
    {
        TransferFolder folder = new(Files);
        for (int i = 0; i < TransferFolder.MostInterrupted + 5; i++)
            await folder.Hold(folder.New("get", $"{i}", "/target", DateTimeOffset.UnixEpoch.AddSeconds(i))).DisposeAsync();
        folder.List();

        Assert.Equal(Enumerable.Range(5, TransferFolder.MostInterrupted).Select(i => $"{i}"), folder.List().Select(one => one.Record.What));
        Assert.Equal(ExitCodes.Ambiguous, (await RunAmbiguousAsync(folder)).Code);
        Assert.Equal(ExitCodes.NotFound, (await RunAsync("pause zz")).Code);
    }

    [Fact]
    public async Task Begin_DataFolder_IsForItsOwner()
    {
        Task<Run> get = await BeginAsync();
        TransferRecord record = Assert.Single(new TransferFolder(Files).List()).Record;
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(record.Socket));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Files.Transfers));
        }

        // What it does not know, and what is no line, changes nothing.
        Assert.Equal(LiveState.Running, (await TransferCalls.SayAsync(record, "dance", TimeProvider.System, Cancel))?.State);
        await TransferCalls.SayAsync(record, new string('x', 1000), TimeProvider.System, Cancel);
        Assert.Equal(LiveState.Running, (await TransferCalls.SayAsync(record, TransferWord.Show, TimeProvider.System, Cancel))?.State);
        _held.SetResult();
        Assert.Equal(ExitCodes.Ok, (await get).Code);
    }

    // Two that begin with the same digit: of more than sixteen there are some.
    Task<Run> RunAmbiguousAsync(TransferFolder folder) =>
        RunAsync($"cancel {folder.List().GroupBy(one => one.Record.Id[0]).First(same => same.Count() > 1).Key}");

    // Returns once the download has come to where its source is held up.
    async Task<Task<Run>> BeginAsync(string more = "")
    {
        Task<Run> get = Task.Run(() => RunAsync($"get a.bin --directory {_directory.Url} -o {_folder.Path}/ {more}"), Cancel);
        await Wait.UntilAsync(() => get.IsCompleted || _catalog.Sent >= 2 * 1024 * 1024);
        Assert.False(get.IsCompleted);
        return get;
    }

    Task<Run> RunAsync(string command) => Run.InAsync(new() { ["P2P_DATA"] = Files.Folder }, "", command);
}
