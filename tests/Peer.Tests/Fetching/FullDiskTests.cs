using System.Diagnostics;
using P2P.Content;
using P2P.Peers.Fetching;
using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.Fetching;

/// <summary>Downloads to a disk that is full, or is not to be written: a file system in memory of its own, which takes root.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    const int Mega = 1024 * 1024;

    static readonly FetchOptions Options = new() { Patience = TimeSpan.FromSeconds(30) };

    readonly Sample _sample = new((6 * Mega) + 5, seed: 1);
    readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<string> _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TemporaryFolder _folder = new();
    LyingCatalog _catalog = null!;
    ServiceHost _source = null!;
    bool _mounted;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Target => _folder["file.bin"];

    FetchOptions Patient => Options with { Waiting = sentence => _waiting.TrySetResult(sentence) };

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Mounts a file system, as root.");
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", _folder.Path);
        _mounted = true;
        _catalog = new LyingCatalog(Behavior.Honest, _sample);
        _source = await ServiceHost.StartAsync(_catalog);
    }

    public async ValueTask DisposeAsync()
    {
        _held.TrySetResult();
        await (_source?.DisposeAsync() ?? default);
        if (_mounted)
            await RunAsync("umount", "-l", _folder.Path);
        _folder.Dispose();
    }

    [Fact]
    public async Task Fetch_NoRoomFromTheStart_WaitsAndGoesOn()
    {
        Fill(leave: 4 * Mega);
        Task<FileResult> fetch = FetchAsync(Patient, Cancel);

        Assert.Contains("full", await _waiting.Task.WaitAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal((false, 0), (fetch.IsCompleted, _catalog.Downloads));
        MakeRoom();

        await AssertWholeAsync(await fetch);
    }

    [Fact]
    public async Task Fetch_DiskFillsUpUnderWay_WaitsAndGoesOnFromThere()
    {
        Task<FileResult> fetch = await BeginAsync(Patient, Cancel);
        Fill(leave: 0);
        _held.SetResult();

        Assert.Contains("full", await _waiting.Task.WaitAsync(Cancel), StringComparison.Ordinal);
        Assert.False(fetch.IsCompleted);
        MakeRoom();

        await AssertWholeAsync(await fetch);
    }

    [Fact]
    public async Task Fetch_DiskStaysFull_SaysSoAndTheNextRunGoesOnFromThere()
    {
        Task<FileResult> fetch = await BeginAsync(Options with { DiskPatience = TimeSpan.Zero }, Cancel);
        Fill(leave: 0);
        _held.SetResult();

        FileResult failed = await fetch;
        Assert.Equal(FetchProblemKind.Disk, failed.Problem?.Kind);
        Assert.Contains("goes on from there", failed.Problem!.Message, StringComparison.Ordinal);
        MakeRoom();

        FileResult result = await FetchAsync(Options, Cancel);
        Assert.InRange(result.Resumed, Mega, _sample.Id.Length - 1);
        await AssertWholeAsync(result);
    }

    [Fact]
    public async Task Fetch_DiskIsReadOnly_SaysSoAndLosesNothing()
    {
        using CancellationTokenSource kill = new();
        Task<FileResult> fetch = await BeginAsync(Options, kill.Token);
        await kill.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
        _held.SetResult();
        string[] before = _folder.Names;
        await RunAsync("mount", "-o", "remount,ro", _folder.Path);

        FileResult refused = await FetchAsync(Options, Cancel);

        Assert.Equal(FetchProblemKind.Disk, refused.Problem?.Kind);
        Assert.Contains("cannot be written", refused.Problem!.Message, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Names);
        await RunAsync("mount", "-o", "remount,rw", _folder.Path);
        FileResult result = await FetchAsync(Options, Cancel);
        Assert.InRange(result.Resumed, Mega, _sample.Id.Length - 1);
        await AssertWholeAsync(result);
    }

    // Returns once the source is held up, with some of the file here.
    async Task<Task<FileResult>> BeginAsync(FetchOptions options, CancellationToken kill)
    {
        _catalog.Before = (sent, stop) => sent < 3 * Mega ? Task.CompletedTask : _held.Task.WaitAsync(stop);
        Task<FileResult> fetch = FetchAsync(options, kill);
        PartNames names = PartNames.For(Target, _sample.Id);
        // The journal has a record of 40 bytes for each piece of 64 KiB.
        await Wait.UntilAsync(() => fetch.IsCompleted || (File.Exists(names.Journal) && new FileInfo(names.Journal).Length > 96 + (40 * Mega / (64 * 1024))));
        Assert.False(fetch.IsCompleted);
        return fetch;
    }

    Task<FileResult> FetchAsync(FetchOptions options, CancellationToken kill) =>
        LyingSourceTests.FetchAsync(_sample, Target, options, kill, _source.AsPeer("ana"));

    async Task AssertWholeAsync(FileResult result)
    {
        Assert.Null(result.Problem);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(Target, Cancel));
        Assert.DoesNotContain(_folder.Names, name => name.EndsWith(".part", StringComparison.Ordinal));
    }

    // The download may be taking room in the same instant.
    void Fill(int leave)
    {
        DriveInfo disk = new(_folder.Path);
        try
        {
            using FileStream ballast = new(_folder["ballast"], FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            while (disk.AvailableFreeSpace - leave is > 0 and long free)
                ballast.Write(new byte[Math.Min(free, 64 * 1024)]);
        }
        catch (IOException full) when (Disk.IsFull(full))
        {
            Assert.Equal(0, leave);
        }
    }

    void MakeRoom() => File.Delete(_folder["ballast"]);

    static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, process.ExitCode);
    }
}
