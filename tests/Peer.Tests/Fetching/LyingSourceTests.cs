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

    /// <summary>
    /// Again and again nine liars and an honest source, which waits until all of them have lied, and another content: for 200 requests that
    /// liars answer, or P2P_LIES of them.
    /// </summary>
    [Fact]
    public async Task Fetch_NineLiarsAndOneHonest_BansTheNineAndGivesTheExactFile()
    {
        int lies = int.TryParse(Environment.GetEnvironmentVariable("P2P_LIES"), out int asked) ? asked : 200;
        Random random = new(9);
        // So long that what liars send right before they lie, half of each request perhaps, leaves something to ask the last of them for.
        Sample[] samples = [.. Enumerable.Range(0, 4).Select(seed => new Sample(8 * 1024 * 1024 + random.Next(2 * 1024 * 1024), seed))];
        // What Read has no form for is as good as no Read.
        LyingCatalog[] lying =
        [
            .. Enum.GetValues<Behavior>().Where(b => b != Behavior.Honest && KindOf(b) == FetchProblemKind.WrongBytes)
                .SelectMany(b => new[] { false, true }.Select(plain => new LyingCatalog(b, samples) { OffersRead = plain })),
        ];
        LyingCatalog honest = new(Behavior.Honest, samples) { OffersRead = true };
        ServiceHost[] hosts = await Task.WhenAll(lying.Append(honest).Select(ServiceHost.StartAsync));
        try
        {
            for (int told = 0; told < lies; told = lying.Sum(liar => liar.Asked))
            {
                Sample sample = samples[random.Next(samples.Length)];
                int[] chosen = [.. Enumerable.Range(0, lying.Length).OrderBy(_ => random.Next()).Take(9)];
                Array.ForEach(lying, liar => liar.Forget());
                int[] before = [.. lying.Select(liar => liar.Asked)];
                bool isOver = false;
                honest.Before = async (_, cancellation) =>
                {
                    while (!isOver && !chosen.All(liar => lying[liar].Asked > before[liar] && lying[liar].Running == 0))
                        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellation);
                    // What was sent last is on its way yet, and may be the lie.
                    if (!isOver)
                        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellation);
                    isOver = true;
                };
                SourceBans bans = new();
                using TemporaryFolder folder = new();

                FileResult result = await FetchAsync(
                    sample, folder["file.bin"], Hasty, bans, [.. chosen.Select(liar => hosts[liar].AsPeer($"liar{liar}")), hosts[^1].AsPeer("ana")], Cancel);

                Assert.Null(result.Problem);
                byte[] fetched = await File.ReadAllBytesAsync(folder["file.bin"], Cancel);
                Assert.True(sample.Bytes.AsSpan().SequenceEqual(fetched), "The file is not the content.");
                Assert.Equal(chosen, chosen.Where(liar => bans.IsBanned($"liar{liar}")));
                Assert.False(bans.IsBanned("ana"));
            }
        }
        finally
        {
            foreach (ServiceHost host in hosts)
                await host.DisposeAsync();
        }
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

    internal static Task<FileResult> FetchAsync(
        Sample sample, string target, FetchOptions options, CancellationToken cancellation, params SourcePeer[] sources) =>
        FetchAsync(sample, target, options, new SourceBans(), sources, cancellation);

    static async Task<FileResult> FetchAsync(
        Sample sample, string target, FetchOptions options, SourceBans bans, SourcePeer[] sources, CancellationToken cancellation)
    {
        using PeerChannels channels = new(new DialPolicy(AllowLoopback: true));
        FileFetcher fetcher = new(
            channels, (_, _) => Task.FromResult<IReadOnlyList<SourcePeer>>(sources), new FetchMeter(), bans, options, sharing: null, TimeProvider.System);
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
