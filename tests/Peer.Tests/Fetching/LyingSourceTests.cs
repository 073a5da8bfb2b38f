using P2P.Content;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Finding;
using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.Fetching;

public sealed class LyingSourceTests
{
    const int Length = 5 * 1024 * 1024 + 12345;

    static readonly FetchOptions Hasty = new()
    {
        Patience = TimeSpan.Zero,
        Scheduler = SchedulerOptions.Default with
        {
            FirstRetry = TimeSpan.FromMilliseconds(1),
            BusyRetry = TimeSpan.FromMilliseconds(1),
            MaxFailures = 2,
        },
    };

    // Only who never says enough is cut short: on a busy machine an answer may take its time.
    static readonly FetchOptions Impatient = Hasty with { Source = new VerifiedSourceOptions { Silence = Inactivity.Always(TimeSpan.FromMilliseconds(500)) } };

    readonly Sample _sample = new(Length, seed: 1);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static MatrixTheoryData<Behavior, bool> Lies => new(Enum.GetValues<Behavior>().Where(b => b != Behavior.Honest), [false, true]);

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Fetch_OnlyALyingSource_LeavesNoFileAndNamesIt(Behavior behavior, bool plain)
    {
        using TemporaryFolder folder = new();
        await using ServiceHost liar = await ServiceHost.StartAsync(new LyingCatalog(behavior, _sample) { OffersRead = plain });

        FetchOptions options = behavior is Behavior.Silent or Behavior.Trickling ? Impatient : Hasty;
        FileResult result = await FetchAsync(_sample, folder["file.bin"], options, liar.AsPeer("mallory"));

        Assert.NotNull(result.Problem);
        Assert.Contains("mallory", result.Problem.Message, StringComparison.Ordinal);
        Assert.Equal(KindOf(behavior), result.Problem.Kind);
        Assert.False(File.Exists(folder["file.bin"]));
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Fetch_AnHonestAndALyingSource_GivesTheExactFile(Behavior behavior, bool plain)
    {
        using TemporaryFolder folder = new();
        LyingCatalog lying = new(behavior, _sample) { OffersRead = plain };
        await using ServiceHost liar = await ServiceHost.StartAsync(lying);
        await using ServiceHost honest = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Honest, _sample) { OffersRead = plain });

        FileResult result = await FetchAsync(folder["file.bin"], liar.AsPeer("mallory"), honest.AsPeer("ana"));

        Assert.Null(result.Problem);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(folder["file.bin"], Cancel));
        Assert.Equal(["file.bin"], folder.Names);
    }

    [Fact]
    public async Task Fetch_NineLiarsAndOneHonest_GivesTheExactFileAndAsksEachLiarOnce()
    {
        using TemporaryFolder folder = new();
        Behavior[] lies =
        [
            Behavior.FlippedBit, Behavior.SwappedBlocks, Behavior.Short, Behavior.ForeignProof, Behavior.WrongOffset,
            Behavior.WrongRange, Behavior.OtherContent, Behavior.Endless, Behavior.Long,
        ];
        LyingCatalog[] lying = [.. lies.Select(b => new LyingCatalog(b, _sample))];
        ServiceHost[] hosts = await Task.WhenAll(lying.Append(new LyingCatalog(Behavior.Honest, _sample)).Select(ServiceHost.StartAsync));

        FileResult result = await FetchAsync(folder["file.bin"], [.. hosts.Select((h, i) => h.AsPeer($"peer{i}"))]);

        Assert.Null(result.Problem);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(folder["file.bin"], Cancel));
        Assert.All(lying, l => Assert.InRange(l.Downloads, 0, SchedulerOptions.Default.Lanes));
        foreach (ServiceHost host in hosts)
            await host.DisposeAsync();
    }

    [Fact]
    public async Task Fetch_ASourceThatReads_IsAskedForNoMessages()
    {
        using TemporaryFolder folder = new();
        LyingCatalog honest = new(Behavior.Honest, _sample) { OffersRead = true };
        await using ServiceHost source = await ServiceHost.StartAsync(honest);

        FileResult result = await FetchAsync(folder["file.bin"], source.AsPeer("ana"));

        Assert.Null(result.Problem);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(folder["file.bin"], Cancel));
        Assert.InRange(honest.Reads, 1, int.MaxValue);
        // What is shorter than a megabyte is not worth a second connection.
        Assert.InRange(honest.Downloads, 0, 1);
        Assert.Equal(Length, honest.Sent);
    }

    [Fact]
    public async Task Fetch_ASourceThatKnowsNoRead_IsAskedOnceALane()
    {
        using TemporaryFolder folder = new();
        LyingCatalog honest = new(Behavior.Honest, _sample);
        await using ServiceHost source = await ServiceHost.StartAsync(honest);

        FileResult result = await FetchAsync(folder["file.bin"], source.AsPeer("ana"));

        Assert.Null(result.Problem);
        Assert.InRange(honest.Reads, 1, SchedulerOptions.Default.Lanes);
    }

    [Fact]
    public async Task Fetch_EndlessSource_ReadsNoMoreThanItAskedFor()
    {
        using TemporaryFolder folder = new();
        await using ServiceHost liar = await ServiceHost.StartAsync(new LyingCatalog(Behavior.Endless, _sample));

        await FetchAsync(folder["file.bin"], liar.AsPeer("mallory"));

        Assert.All(folder.Names, name => Assert.InRange(new FileInfo(folder[name]).Length, 0, Length));
    }

    [Fact]
    public async Task Fetch_AfterALie_GoesOnFromWhatWasVerified()
    {
        using TemporaryFolder folder = new();
        await using ServiceHost liar = await ServiceHost.StartAsync(new LyingCatalog(Behavior.DropsMidway, _sample));
        FileResult first = await FetchAsync(folder["file.bin"], liar.AsPeer("mallory"));
        LyingCatalog honest = new(Behavior.Honest, _sample);
        await using ServiceHost source = await ServiceHost.StartAsync(honest);

        FileResult second = await FetchAsync(folder["file.bin"], source.AsPeer("ana"));

        Assert.NotNull(first.Problem);
        Assert.Null(second.Problem);
        Assert.Equal(first.Sources.Sum(s => s.Bytes), second.Resumed);
        Assert.Equal(Length - second.Resumed, honest.Sent);
        Assert.Equal(_sample.Bytes, await File.ReadAllBytesAsync(folder["file.bin"], Cancel));
    }

    Task<FileResult> FetchAsync(string target, params SourcePeer[] sources) => FetchAsync(_sample, target, Hasty, sources);

    internal static Task<FileResult> FetchAsync(Sample sample, string target, FetchOptions options, params SourcePeer[] sources) =>
        FetchAsync(sample, target, options, Cancel, sources);

    internal static async Task<FileResult> FetchAsync(
        Sample sample, string target, FetchOptions options, CancellationToken cancellation, params SourcePeer[] sources)
    {
        using PeerChannels channels = new(new DialPolicy(AllowLoopback: true));
        FileFetcher fetcher = new(
            channels, (_, _) => Task.FromResult<IReadOnlyList<SourcePeer>>(sources), new FetchMeter(), new SourceBans(), options, sharing: null, TimeProvider.System);
        WantedFile wanted = new(sample.Id, "file.bin", sources) { Time = DateTimeOffset.UnixEpoch.AddYears(30) };
        return await fetcher.FetchAsync(wanted, target, syncFolder: true, cancellation);
    }

    static FetchProblemKind KindOf(Behavior behavior) => behavior switch
    {
        Behavior.Silent or Behavior.Trickling or Behavior.DropsMidway or Behavior.Busy => FetchProblemKind.Unavailable,
        Behavior.Changed => FetchProblemKind.NotThere,
        _ => FetchProblemKind.WrongBytes,
    };
}
