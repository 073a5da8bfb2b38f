using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Dialing;
using P2P.Peers.Finding;

namespace P2P.Peers.Fetching;

/// <summary>How a run fetches files.</summary>
public sealed record FetchOptions
{
    /// <summary>How long to go on asking while no source answers. Default 30 s; zero gives up at once.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wait between two questions to the directory for sources. Default 2 s.</summary>
    public TimeSpan LocateAgain { get; init; } = TimeSpan.FromSeconds(2);

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
/// <param name="options">How.</param>
/// <param name="time">The clock.</param>
public sealed class FileFetcher(
    PeerChannels channels, Func<ContentId, CancellationToken, Task<IReadOnlyList<SourcePeer>>> locate, FetchMeter meter, FetchOptions options,
    TimeProvider time)
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
            if (File.Exists(target) || System.IO.Directory.Exists(target))
            {
                if (await HasContentAsync(target, wanted.Content, cancellation))
                    return Present(wanted, target);
                if (!options.Force)
                    return Taken(wanted, target);
            }

            FetchTarget.MakeFolder(wanted, target);
            using PartFile part = await PartFile.OpenAsync(target, wanted.Content, progress: null, cancellation);
            return await FetchAsync(wanted, target, part, syncFolder, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LocalDiskException)
        {
            return new FileResult(target, wanted.Content, 0, [], new FetchProblem(FetchProblemKind.Disk, DiskSentence(target, e)));
        }
    }

    async Task<FileResult> FetchAsync(WantedFile wanted, string target, PartFile part, bool syncFolder, CancellationToken cancellation)
    {
        long resumed = CommittedBytes(part);
        meter.AddPresent(resumed);
        FinishOptions finish = new(wanted.Time, wanted.Executable, syncFolder, Replace: options.Force);
        while (true)
        {
            ContentFetch fetch = new(part.Geometry, new PartStore(part), options.Scheduler, time);
            fetch.Received = meter.AddReceived;
            SourceRoster roster = new(fetch, source => Connect(source, wanted.Content));
            FetchProblem? problem = await GatherAsync(wanted, fetch, roster, cancellation);
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
    async Task<FetchProblem?> GatherAsync(WantedFile wanted, ContentFetch fetch, SourceRoster roster, CancellationToken cancellation)
    {
        roster.Offer(wanted.Sources);
        if (wanted.MoreSources && wanted.Content.Length > TreeShape.BlockSize * 64)
            roster.Offer(await locate(wanted.Content, cancellation));
        long lastCame = time.GetTimestamp();
        long received = 0;
        for (bool first = true; !await fetch.RunAsync(cancellation); first = false)
        {
            long now = fetch.Sources.Sum(s => s.Bytes);
            lastCame = now > received ? time.GetTimestamp() : lastCame;
            received = now;
            bool more = roster.Offer(await locate(wanted.Content, cancellation));
            if (more && first)
                continue;
            if (!roster.MayRecover || time.GetElapsedTime(lastCame) >= options.Patience)
                return roster.Explain(wanted.Content);
            await Task.Delay(options.LocateAgain, time, cancellation);
        }

        return null;
    }

    IBlockSource Connect(SourcePeer peer, ContentId content)
    {
        Catalog.CatalogClient? client = channels.Find(peer, out string? refusal);
        if (client is null)
            return new RefusedSource(refusal!);
        return peer.WantsTickets
            ? new TicketedBlocks(Open, peer.Ticket, stop => channels.RenewTicketAsync(peer, content, forUpload: false, stop))
            : Open(null);

        IBlockSource Open(string? ticket) => new PeerBlocks(new VerifiedSource(client, ticket, options.Source, time), content);
    }

    static async Task<bool> HasContentAsync(string path, ContentId content, CancellationToken cancellation) =>
        File.Exists(path) && new FileInfo(path).Length == content.Length
        && (await FileHasher.HashAsync(path, Environment.ProcessorCount, progress: null, cancellation))?.Content == content;

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
