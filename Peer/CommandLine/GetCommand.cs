using System.CommandLine;
using Grpc.Core;
using P2P.Content;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Finding;
using P2P.Peers.Local;
using P2P.Peers.Pacing;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer get</c>: fetches files from all who have them.</summary>
sealed class GetCommand
{
    const int MostNames = 20;

    readonly Argument<string[]> _words = new("NAME|ROOT")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "A file's name or whole path, its root, or ROOT-LENGTH; with --from, a file or folder of that peer",
    };

    readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "File or folder to write to; a folder for several files, or with a / at the end [.]",
        HelpName = "PATH",
    };

    readonly Option<string?> _list = new("--from-list") { Description = "Also fetch what this file names, one a line; whole paths keep their folders; - reads standard input", HelpName = "FILE" };
    readonly Option<string?> _from = new("--from") { Description = "Take names as paths of this peer; folders keep their structure", HelpName = "PEER" };
    readonly Option<string[]> _include = new("--include") { HelpName = "PATTERN", Description = "Of a folder, only files that match: * ? within a name, ** over folders" };
    readonly Option<string[]> _exclude = new("--exclude") { HelpName = "PATTERN", Description = "Of a folder, no files that match" };
    readonly Option<bool> _force = new("--force", "-f") { Description = "Replace files that are in the way" };
    readonly Option<int> _patience = new("--patience")
    {
        Description = "Go on asking so long while no source answers [30]",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 30,
    };

    readonly Option<string[]> _limit = new("--limit-down") { HelpName = "RATE[@HH:MM-HH:MM]", Description = "Bytes a second, such as 10M, or 1M@08:00-18:00; the first that covers the time of day counts [none]" };

    public static CommandDefinition Definition { get; } = new(
        shell => new GetCommand().Create(shell),
        "peer get symphony.flac",
        "peer get 5f1d… -o /srv/images/",
        "peer get --from ana music/baroque -o ~/music/",
        "peer get --from-list names.txt -o data/ --json");

    Command Create(CommandShell shell)
    {
        Command command = new("get", "Fetch files, from all peers that have them at once; goes on where it stopped")
        {
            _words, _output, _list, _from, _include, _exclude, _force, _patience, _limit,
        };
        shell.Handle(command, RunAsync);
        return command;
    }

    async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        Word[] words = ReadWords(run);
        if (words.Length == 0)
            throw new CommandException(ExitCodes.Usage, "Name at least one file, or a list with --from-list.");
        await using DirectoryConnection directory = await DirectoryConnection.OpenAsync(run, cancellation);
        using LocalDaemon? daemon = LocalDaemon.TryConnect(new DaemonFiles(run.Settings.DataFolder));
        using PeerChannels channels = directory.OpenChannels(daemon);
        ContentFinder contents = new(directory, channels);
        Func<string, CancellationToken, Task<IReadOnlyList<WantedFile>>> find = await FinderAsync(run, directory, contents, cancellation);
        FetchMeter meter = new();
        FetchReport report = new(run.Output, meter, nameFiles: words.Length <= MostNames && run.Value(_from) is null, channels.RouteOf, run.Host.Time);
        FetchTarget target = FetchTarget.Of(run.Value(_output), many: words.Length > 1 || run.Value(_list) is not null || run.Value(_from) is not null);
        await using CommandTransfer transfer = CommandTransfer.Begin(run, "get", NameOf(words), target.Place, meter);
        FetchOptions options = new()
        {
            Gate = transfer.Gate,
            Own = daemon is null ? null : directory.Own,
            Force = run.Value(_force),
            Patience = TimeSpan.FromSeconds(run.Value(_patience)),
            Waiting = run.Output.Note,
            Pace = new RatePace(ShareOptions.Limit(run, _limit), run.Host.Time),
        };
        SourceBans bans = new();
        DaemonParts? parts = daemon is null ? null : new DaemonParts(daemon);
        FileFetcher fetcher = new(channels, (content, stop) => LocateAsync(contents, content, stop), meter, bans, options, parts, run.Host.Time);
        BatchFetcher batches = new(channels, meter, bans, options, run.Host.Time);
        using FetchRun fetch = new(fetcher, batches, report.Add);
        TransferProgress progress = new(
            run.Output, () => new TransferState(meter.Done, meter.Total, meter.Received, TitleOf(meter, words, transfer.Gate)), run.Host.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, transfer.Cancelled);
        int code = ExitCodes.Failed;
        try
        {
            await progress.RunAsync(() => fetch.FetchAsync(words.Select(word => Search(word, find, report)), target.PathOf, stop.Token));
            return code = report.ExitCode;
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            code = ExitCodes.Cancelled;
            throw new CommandException(code, "Stopped. What came is kept; the same command goes on from there.", e);
        }
        finally
        {
            report.Finish();
            await transfer.RecordAsync(code, report.Sums);
        }
    }

    async Task<Func<string, CancellationToken, Task<IReadOnlyList<WantedFile>>>> FinderAsync(
        CommandRun run, DirectoryConnection directory, ContentFinder contents, CancellationToken cancellation)
    {
        if (run.Value(_from) is not { } from)
            return async (word, stop) => [await contents.FindAsync(word, stop)];
        FolderFinder folders = new(directory, contents, await PeerFinder.FindAsync(directory, from, byName: true, cancellation), new PathFilter(run.Value(_include) ?? [], run.Value(_exclude) ?? []));
        return folders.FindAsync;
    }

    // One word that means nothing, or several things, does not keep the others from being fetched.
    static Func<CancellationToken, Task<IReadOnlyList<WantedFile>>> Search(
        Word word, Func<string, CancellationToken, Task<IReadOnlyList<WantedFile>>> find, FetchReport report) => async stop =>
    {
        try
        {
            return word.Place(await find(word.Text, stop));
        }
        catch (CommandException failure)
        {
            report.Add(failure);
        }
        catch (RpcException error) when (!stop.IsCancellationRequested)
        {
            report.Add(RpcFailures.Explain(error, "The directory"));
        }

        return [];
    };

    // A directory that is away does not end a transfer: the sources that are known may come back.
    static async Task<IReadOnlyList<SourcePeer>> LocateAsync(ContentFinder contents, ContentId content, CancellationToken cancellation)
    {
        try
        {
            return await contents.LocateAsync(content, cancellation);
        }
        catch (RpcException) when (!cancellation.IsCancellationRequested)
        {
            return [];
        }
    }

    Word[] ReadWords(CommandRun run)
    {
        IEnumerable<string> lines = run.Value(_list) switch
        {
            null => [],
            "-" => ReadLines(run.Host.Input),
            { } file => File.ReadLines(file),
        };
        IEnumerable<Word> listed = lines.Select(line => new Word(line.TrimEnd('\r'), IsListed: true));
        return [
            .. (run.Value(_words) ?? []).Select(text => new Word(text, IsListed: false))
                .Concat(listed).Where(word => word.Text.Length > 0).DistinctBy(word => word.Text),
        ];
    }

    static IEnumerable<string> ReadLines(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    static string TitleOf(FetchMeter meter, Word[] words, PauseGate? gate) =>
        (words.Length == 1 && meter.Files <= 1 ? words[0].Text : $"{meter.FilesDone} of {Math.Max(meter.Files, words.Length)} files")
        + (gate is { IsPaused: true } ? " (paused)" : "");

    static string NameOf(Word[] words) => words.Length == 1 ? words[0].Text : $"{words[0].Text} and {words.Length - 1} more";

    /// <summary>What the user named.</summary>
    /// <param name="Text">A name, a path or a root.</param>
    /// <param name="IsListed">From a list, where files of many folders may have one name: a whole path keeps its folders.</param>
    readonly record struct Word(string Text, bool IsListed)
    {
        public IReadOnlyList<WantedFile> Place(IReadOnlyList<WantedFile> found) =>
            IsListed && Text.Contains('/') && found.Count == 1 && SharedPath.TryParse(Text, out SharedPath? path)
                ? [found[0] with { Path = path!.ToLocal("") }]
                : found;
    }
}
