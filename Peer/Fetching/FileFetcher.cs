using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Dialing;
using P2P.Peers.Finding;
using P2P.Peers.Pacing;

namespace P2P.Peers.Fetching;

/// <summary>How a run fetches files.</summary>
public sealed record FetchOptions
{
    /// <summary>How long to go on asking while no source answers. Default 30 s; zero gives up at once.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wait between two questions to the directory for sources. Default 2 s.</summary>
    public TimeSpan LocateAgain { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Longest wait between two questions to the directory while a fetch runs, for sources that came meanwhile. Default 10 s.
    /// </summary>
    public TimeSpan LookAround { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The first of these waits; each is twice the one before. A crowd that begins at once finds each other soon, and long downloads do not
    /// bother the directory. Default 1 s.
    /// </summary>
    public TimeSpan FirstLookAround { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>This peer's own identifier, where a daemon serves what is here already: it is no source for it. Null for none.</summary>
    public string? Own { get; init; }

    /// <summary>How long to wait for room on a full disk. Default 10 min; zero gives up at once.</summary>
    public TimeSpan DiskPatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Told, from any thread, why a download waits.</summary>
    public Action<string>? Waiting { get; init; }

    /// <summary>Where a paused transfer waits; null for one that cannot be paused.</summary>
    public PauseGate? Gate { get; init; }

    /// <summary>Limits the rate of all that comes. Default: no limit.</summary>
    public RatePace Pace { get; init; } = RatePace.None;

    /// <summary>Replace a file that has the name.</summary>
    public bool Force { get; init; }

    /// <summary>How a source is read; how long it may be silent.</summary>
    public VerifiedSourceOptions Source { get; init; } = new();

    public SchedulerOptions Scheduler { get; init; } = SchedulerOptions.Default;
}

/// <summary>
/// Fetches one file: looks what is here, opens the part, fetches what is missing from all sources, and finishes.
/// </summary>
/// <param name="channels">Connections to peers, shared by all files of a run.</param>
/// <param name="locate">Asks the directory who has a content now; empty if it does not know or does not answer.</param>
/// <param name="meter">Counts.</param>
/// <param name="bans">Sources that lied, for all files of a run.</param>
/// <param name="options">How.</param>
/// <param name="sharing">Lets others have what is here already; null for nobody.</param>
/// <param name="time">The clock.</param>
public sealed class FileFetcher(
    PeerChannels channels, Func<ContentId, CancellationToken, Task<IReadOnlyList<SourcePeer>>> locate, FetchMeter meter,
    SourceBans bans, FetchOptions options, IPartSharing? sharing, TimeProvider time)
{
    /// <summary>Fetches a file. Failures of sources and of the disk are in the result.</summary>
    /// <param name="wanted">What.</param>
    /// <param name="target">Full path of the finished file.</param>
    /// <param name="syncFolder">False where the caller syncs the folder itself, once for many files.</param>
    /// <param name="cancellation">The caller's cancel; the part stays.</param>
    /// <exception cref="OperationCanceledException">The caller's cancel.</exception>
    public async Task<FileResult> FetchAsync(WantedFile wanted, string target, bool syncFolder, CancellationToken cancellation)
    {
        if (!wanted.Content.IsValid)
            return new FileResult(target, wanted.Content, 0, [], new FetchProblem(FetchProblemKind.WrongBytes, "No file has that root and length."));
        meter.AddFile(wanted.Content.Length);
        try
        {
            if (wanted.IsEmptyFolder)
                return MakeEmptyFolder(wanted, target);
            if (File.Exists(target) || System.IO.Directory.Exists(target))
            {
                if (await HasContentAsync(target, wanted.Content, cancellation))
                    return Present(wanted, target);
                if (!options.Force)
                    return Taken(wanted, target);
            }

            FetchTarget.MakeFolder(wanted, target);
            using PartFile part = await OpenAsync(wanted, target, cancellation);
            return await FetchAsync(wanted, target, part, syncFolder, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LocalDiskException)
        {
            return new FileResult(target, wanted.Content, 0, [], new FetchProblem(FetchProblemKind.Disk, DiskSentence(target, e)));
        }
    }

    async Task<PartFile> OpenAsync(WantedFile wanted, string target, CancellationToken cancellation)
    {
        DiskPause pause = new(options.DiskPatience, options.Waiting, time);
        while (true)
        {
            try
            {
                return await PartFile.OpenAsync(target, wanted.Content, progress: null, cancellation);
            }
            catch (IOException full) when (Disk.IsFull(full))
            {
                if (!await pause.WaitAsync(full, target, cancellation))
                    throw;
            }
        }
    }

    async Task<FileResult> FetchAsync(WantedFile wanted, string target, PartFile part, bool syncFolder, CancellationToken cancellation)
    {
        long resumed = CommittedBytes(part);
        meter.AddPresent(resumed);
        FinishOptions finish = new(wanted.Time, wanted.Executable, syncFolder, Replace: options.Force);
        await using ISharedPart? shared = sharing?.Begin(part, Path.GetFileName(target), stop => PieceLayerAsync(wanted, stop));
        while (true)
        {
            ContentFetch fetch = new(part.Geometry, new PartStore(part, shared, options.Pace), options.Scheduler with { Scatter = shared is not null }, time);
            fetch.Received = meter.AddReceived;
            await using AvailabilityWatches watches = new(wanted.Content, fetch.LookAgain, time);
            SourceRoster roster = new(fetch, source => Connect(source, wanted.Content, watches), options.Own);
            FetchProblem? problem = await GatherAsync(wanted, target, fetch, roster, cancellation);
            foreach (FetchSource liar in fetch.Sources.Where(s => s.Fault is { IsLie: true }))
                bans.Add(liar.Key, liar.Fault!);
            if (problem is not null && part.Pieces == 0)
                part.Discard();
            if (problem is not null)
                return new FileResult(target, wanted.Content, resumed, fetch.Sources, problem);
            FinishResult finished = await part.FinishAsync(finish, Environment.ProcessorCount, cancellation);
            if (finished == FinishResult.NameTaken)
                return Taken(wanted, target);
            if (finished == FinishResult.Damaged)
                continue;
            meter.FileDone();
            return new FileResult(target, wanted.Content, resumed, fetch.Sources, null);
        }
    }

    // Runs the fetch; when no source is left, asks the directory for more while that can help.
    async Task<FetchProblem?> GatherAsync(WantedFile wanted, string target, ContentFetch fetch, SourceRoster roster, CancellationToken cancellation)
    {
        roster.Offer(wanted.Sources);
        if (wanted.MoreSources && wanted.Content.Length > TreeShape.BlockSize * 64)
            roster.Offer(await locate(wanted.Content, cancellation));
        long lastCame = time.GetTimestamp();
        long received = 0;
        TimeSpan pausedBefore = TimeSpan.Zero;
        for (bool first = true; !await RunAsync(wanted, target, fetch, roster, cancellation); first = false)
        {
            long now = fetch.Sources.Sum(s => s.Bytes);
            TimeSpan paused = options.Gate?.Paused ?? TimeSpan.Zero;
            // Our own pause is no absence of the sources.
            lastCame = now > received || paused > pausedBefore ? time.GetTimestamp() : lastCame;
            (received, pausedBefore) = (now, paused);
            bool more = roster.Offer(await locate(wanted.Content, cancellation));
            if (more && first)
                continue;
            if (!roster.MayRecover || time.GetElapsedTime(lastCame) >= options.Patience)
                return roster.Explain(wanted.Content);
            await Task.Delay(options.LocateAgain, time, cancellation);
        }

        return null;
    }

    // Neither a full disk nor a pause ends it: what is marked stays, and the rest is fetched when there is room, or it is resumed.
    async Task<bool> RunAsync(WantedFile wanted, string target, ContentFetch fetch, SourceRoster roster, CancellationToken cancellation)
    {
        DiskPause pause = new(options.DiskPatience, options.Waiting, time);
        while (true)
        {
            await WaitForGateAsync(cancellation);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, options.Gate?.Running ?? CancellationToken.None);
            Task lookout = LookAroundAsync(wanted, roster, stop.Token);
            try
            {
                return await fetch.RunAsync(stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                // Paused: the gate says when to go on.
                continue;
            }
            catch (LocalDiskException full)
            {
                if (!await pause.WaitAsync(full, target, cancellation))
                    throw;
            }
            finally
            {
                await stop.CancelAsync();
                await lookout.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    Task WaitForGateAsync(CancellationToken cancellation) => options.Gate?.WaitAsync(cancellation) ?? Task.CompletedTask;

    async Task LookAroundAsync(WantedFile wanted, SourceRoster roster, CancellationToken stop)
    {
        for (TimeSpan wait = options.FirstLookAround; wanted.Content.Length > TreeShape.BlockSize * 64; wait *= 2)
        {
            await Task.Delay(wait < options.LookAround ? wait : options.LookAround, time, stop);
            roster.Announce(await locate(wanted.Content, stop));
        }
    }

    FetchSource Connect(SourcePeer peer, ContentId content, AvailabilityWatches watches)
    {
        FetchFailure? failure = bans.LieOf(peer.PeerId);
        Catalog.CatalogClient? client = channels.Find(peer, out string? refusal);
        if (client is null || failure is not null)
            return new FetchSource(peer.PeerId, peer.Name, new RefusedSource(failure ?? new FetchFailure(FetchFault.Refused, refusal!)));
        VerifiedSourceOptions reading = peer.Partial
            ? options.Source with { ProofBlocks = new PieceGeometry(content.Length).PieceSize / TreeShape.BlockSize }
            : options.Source;
        IBlockSource blocks = peer.WantsTickets
            ? new TicketedBlocks(Open, peer.Ticket, stop => channels.RenewTicketAsync(peer, content, forUpload: false, stop))
            : Open(null);
        return new FetchSource(peer.PeerId, peer.Name, blocks) { Pieces = peer.Partial ? watches.Of(peer, client) : null };

        IBlockSource Open(string? ticket) =>
            new PeerBlocks(new VerifiedSource(client, ticket, reading, time, channels.FindPlain(peer)), content);
    }

    async Task<byte[]?> PieceLayerAsync(WantedFile wanted, CancellationToken stop)
    {
        foreach (SourcePeer peer in wanted.Sources)
        {
            if (!bans.IsBanned(peer.PeerId) && channels.Find(peer, out _) is { } client
                && await new VerifiedSource(client, peer.Ticket.Length > 0 ? peer.Ticket : null, options.Source, time)
                    .FetchPieceLayerAsync(wanted.Content, stop) is { } layer)
                return layer;
        }

        return null;
    }

    static async Task<bool> HasContentAsync(string path, ContentId content, CancellationToken cancellation) =>
        File.Exists(path) && new FileInfo(path).Length == content.Length
        && (await FileHasher.HashAsync(path, Environment.ProcessorCount, progress: null, cancellation))?.Content == content;

    // One that is there already keeps its time if there is something in it.
    FileResult MakeEmptyFolder(WantedFile wanted, string target)
    {
        FetchTarget.MakeFolder(wanted, target);
        string folder = Path.GetDirectoryName(target)!;
        if (wanted.Time is { } modified && !System.IO.Directory.EnumerateFileSystemEntries(folder).Any())
            System.IO.Directory.SetLastWriteTimeUtc(folder, modified.UtcDateTime);
        meter.FileDone();
        return new FileResult(folder, wanted.Content, 0, [], null);
    }

    FileResult Present(WantedFile wanted, string target)
    {
        meter.AddPresent(wanted.Content.Length);
        meter.FileDone();
        return new FileResult(target, wanted.Content, wanted.Content.Length, [], null);
    }

    static FileResult Taken(WantedFile wanted, string target) => new(target, wanted.Content, 0, [], new FetchProblem(
        FetchProblemKind.NameTaken, $"{target} exists and is another file. It was left alone; -o names another place, --force replaces it."));

    static long CommittedBytes(PartFile part)
    {
        long bytes = 0;
        for (long piece = 0; piece < part.Geometry.PieceCount; piece++)
            bytes += part.Has(piece) ? part.Geometry.LengthOf(piece) : 0;
        return bytes;
    }

    static string DiskSentence(string target, Exception e) =>
        $"{target} cannot be written: {e.Message.TrimEnd('.')}. What came is kept; the same command goes on from there.";
}
