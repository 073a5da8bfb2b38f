using P2P.Content;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Finding;
using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.Fetching;

public sealed class BatchTests
{
    const int Files = 40;

    static readonly FetchOptions Hasty = new()
    {
        Patience = TimeSpan.Zero,
        Scheduler = SchedulerOptions.Default with { FirstRetry = TimeSpan.FromMilliseconds(1), BusyRetry = TimeSpan.FromMilliseconds(1), MaxFailures = 2 },
        Source = new VerifiedSourceOptions { Silence = Inactivity.Always(TimeSpan.FromMilliseconds(500)) },
    };

    // For what is counted: a machine that is busy elsewhere is no silent source.
    static readonly FetchOptions Patient = Hasty with { Source = new VerifiedSourceOptions() };

    // The first is empty, the last as long as a batch takes.
    readonly Sample[] _samples = [.. Enumerable.Range(0, Files).Select(i => new Sample(i == Files - 1 ? VerifiedSource.MostInBatch : i * 1000, seed: i))];
    readonly FetchMeter _meter = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<Behavior> Lies => new(Enum.GetValues<Behavior>().Where(b => b != Behavior.Honest));

    [Fact]
    public async Task Batch_ManySmallFiles_ComeWithOneCall()
    {
        using TemporaryFolder folder = new();
        LyingCatalog honest = new(Behavior.Honest, _samples);
        await using ServiceHost source = await ServiceHost.StartAsync(honest);

        List<FileResult> results = await FetchAsync(Patient, folder, "", source.AsPeer("ana"));

        Assert.Equal(1, honest.Downloads);
        AssertAllThere(folder, results);
        Assert.Equal((Files, _samples.Sum(s => s.Id.Length)), (_meter.FilesDone, _meter.Done));
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Batch_AnHonestAndALyingSource_GivesTheExactFiles(Behavior behavior)
    {
        using TemporaryFolder folder = new();
        await using ServiceHost liar = await ServiceHost.StartAsync(new LyingCatalog(behavior, _samples));
        await using ServiceHost honest = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _samples));

        AssertAllThere(folder, await FetchAsync(folder, "", liar.AsPeer("mallory"), honest.AsPeer("ana")));
    }

    [Theory]
    [InlineData(Behavior.FlippedBit)]
    [InlineData(Behavior.OtherContent)]
    [InlineData(Behavior.Short)]
    [InlineData(Behavior.Endless)]
    [InlineData(Behavior.WrongRange)]
    public async Task Batch_OnlyALiar_LeavesNothingWrongAndAsksNoMoreAfterTheLie(Behavior behavior)
    {
        using TemporaryFolder folder = new();
        LyingCatalog lying = new(behavior, _samples);
        await using ServiceHost liar = await ServiceHost.StartAsync(lying);

        List<FileResult> results = await FetchAsync(Patient, folder, "", liar.AsPeer("mallory"));

        Assert.Equal(1, lying.Downloads);
        Assert.All(folder.Names, name => Assert.Equal(_samples[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)].Bytes, File.ReadAllBytes(folder[name])));
        Assert.All(results.Where(r => !File.Exists(r.Target)), r => Assert.Equal(FetchProblemKind.WrongBytes, r.Problem!.Kind));
        Assert.Equal(Files, results.Count);
    }

    [Fact]
    public async Task Batch_SomeAreHereAndSomeNamesAreTaken_TouchesNeither()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(folder["5"], _samples[5].Bytes, Cancel);
        await File.WriteAllTextAsync(folder["6"], "mine", Cancel);
        await using ServiceHost source = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _samples));

        List<FileResult> results = await FetchAsync(folder, "", source.AsPeer("ana"));

        Assert.Equal(FetchProblemKind.NameTaken, Assert.Single(results, r => r.Problem is not null).Problem!.Kind);
        Assert.Equal("mine", await File.ReadAllTextAsync(folder["6"], Cancel));
        Assert.Equal(_samples[5].Id.Length, Assert.Single(results, r => r.Resumed > 0).Resumed);
        Assert.Equal(Files, folder.Names.Length);
    }

    [Fact]
    public async Task Batch_NameTakenInAFolderOfThisRun_IsLeftAlone()
    {
        using TemporaryFolder folder = new();
        await using ServiceHost source = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _samples));
        using PeerChannels channels = new(new DialPolicy(AllowLoopback: true));
        BatchFetcher batches = new(channels, _meter, new SourceBans(), Patient, TimeProvider.System);
        List<WantedFile> files = [.. _samples.Select((s, i) => new WantedFile(s.Id, $"new/{i}", [source.AsPeer("ana")]))];
        List<FileResult> done = [];
        Task<IReadOnlyList<WantedFile>> FetchAsync(Range some) =>
            batches.FetchAsync(files[some], file => folder[file.Path], done.AddRange, Cancel);

        Assert.Empty(await FetchAsync(..20));
        await File.WriteAllTextAsync(folder["new/25"], "mine", Cancel);
        Assert.Equal([files[25]], await FetchAsync(20..));

        Assert.Equal("mine", await File.ReadAllTextAsync(folder["new/25"], Cancel));
        Assert.Equal(Files - 1, done.Count);
        Assert.Equal(Files, Directory.GetFiles(folder["new"]).Length);
    }

    [Fact]
    public async Task Batch_SourceHasNotAll_TheOthersCome()
    {
        using TemporaryFolder folder = new();
        await using ServiceHost source = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _samples[..^3]));
        await using ServiceHost other = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _samples));

        AssertAllThere(folder, await FetchAsync(folder, "", source.AsPeer("ana"), other.AsPeer("ben")));
    }

    [Fact]
    public async Task Batch_TargetCannotBeMade_SaysSoForEachFile()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder["file"], "no folder", Cancel);
        await using ServiceHost source = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _samples));

        List<FileResult> results = await FetchAsync(folder, "file", source.AsPeer("ana"));

        Assert.Equal(Files, results.Count);
        Assert.All(results, r => Assert.Equal(FetchProblemKind.Disk, r.Problem?.Kind));
        Assert.Equal("no folder", await File.ReadAllTextAsync(folder["file"], Cancel));
    }

    [Fact]
    public void Split_Files_AreBoundedInNumberAndBytesAndTakeTurns()
    {
        SourcePeer[] sources = [new("a", "a", null), new("b", "b", null)];
        List<WantedFile> files = [.. Enumerable.Range(0, 3000).Select(i => new WantedFile(_samples[i % Files].Id, $"{i}", sources))];
        files.Add(new WantedFile(new ContentId(_samples[3].Id.Root, VerifiedSource.MostInBatch + 1), "large", sources));
        files.Add(new WantedFile(_samples[3].Id, "nobody's", []));

        List<List<WantedFile>> batches = BatchFetcher.Split(files, out List<WantedFile> rest);

        Assert.Equal(files.Count, batches.Sum(b => b.Count) + rest.Count);
        Assert.Contains("large", rest.Select(f => f.Path));
        Assert.Contains("nobody's", rest.Select(f => f.Path));
        Assert.All(batches, b => Assert.InRange(b.Count, 1, VerifiedSource.MostItems));
        Assert.All(batches, b => Assert.InRange(b.Sum(f => f.Content.Length), 0, 5 * 1024 * 1024));
        Assert.True(batches.Count > 10);
    }

    void AssertAllThere(TemporaryFolder folder, List<FileResult> results)
    {
        Assert.All(results, r => Assert.Null(r.Problem));
        Assert.Equal(Files, results.Count);
        Assert.Equal(Files, folder.Names.Length);
        for (int i = 0; i < Files; i++)
        {
            Assert.Equal(_samples[i].Bytes, File.ReadAllBytes(folder[$"{i}"]));
            Assert.Equal(DateTime.UnixEpoch.AddYears(30), File.GetLastWriteTimeUtc(folder[$"{i}"]));
        }
    }

    Task<List<FileResult>> FetchAsync(TemporaryFolder folder, string below, params SourcePeer[] sources) => FetchAsync(Hasty, folder, below, sources);

    async Task<List<FileResult>> FetchAsync(FetchOptions options, TemporaryFolder folder, string below, params SourcePeer[] sources)
    {
        using PeerChannels channels = new(new DialPolicy(AllowLoopback: true));
        SourceBans bans = new();
        FileFetcher fetcher = new(
            channels, (_, _) => Task.FromResult<IReadOnlyList<SourcePeer>>(sources), _meter, bans, options, sharing: null, TimeProvider.System);
        List<FileResult> results = [];
        using FetchRun run = new(fetcher, new BatchFetcher(channels, _meter, bans, options, TimeProvider.System), some =>
        {
            lock (results)
                results.AddRange(some);
        });
        IReadOnlyList<WantedFile> wanted =
            [.. _samples.Select((s, i) => new WantedFile(s.Id, $"{i}", sources) { Time = DateTimeOffset.UnixEpoch.AddYears(30) })];
        await run.FetchAsync([_ => Task.FromResult(wanted)], file => folder[Path.Combine(below, file.Path)], Cancel);
        return results;
    }
}
