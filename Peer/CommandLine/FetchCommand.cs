using System.CommandLine;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;
using P2P.Peers.Finding;
using P2P.Peers.Local;
using P2P.Peers.Session;
using RemoteState = P2P.Contracts.DirectoryV1.TransferState;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer fetch</c>: has another peer of the account fetch a file, and shows its progress.</summary>
sealed class FetchCommand
{
    readonly Argument<string> _word = new("NAME|ROOT") { Description = "A file's name or whole path, its root, or ROOT-LENGTH" };
    readonly Option<string> _on = new("--on") { Description = "The peer that fetches: one of this account, started with --downloads", HelpName = "PEER", Required = true };
    readonly Option<string?> _path = new("--path") { Description = "Where to, below its download folder [the file's name]", HelpName = "PATH" };
    readonly Option<bool> _detach = new("--detach") { Description = "Let it go on when this command is stopped" };

    public static CommandDefinition Definition { get; } = new(
        shell => new FetchCommand().Create(shell), "peer fetch --on server symphony.flac", "peer fetch --on server 5f1d… --path music/symphony.flac");

    Command Create(CommandShell shell)
    {
        Command command = new("fetch", "Have another peer of this account fetch a file") { _word, _on, _path, _detach };
        shell.Handle(command, RunAsync);
        return command;
    }

    async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        // Orders are an account's: without one given, it is the one that this machine's daemon made for itself.
        DaemonFiles files = new(run.Settings.DataFolder);
        if (run.Settings.User is null && File.Exists(files.Key) && OwnAccount.Of(files, run.Settings.Password, run.Host.Time) is var own)
            run = run with { Settings = run.Settings with { User = own.User, Password = own.Password } };
        await using DirectoryConnection directory = await DirectoryConnection.OpenAsync(run, cancellation);
        using PeerChannels channels = directory.OpenChannels();
        PeerInfo peer = await PeerFinder.FindAsync(directory, run.Value(_on)!, byName: true, cancellation);
        WantedFile wanted = await new ContentFinder(directory, channels).FindAsync(run.Value(_word)!, cancellation);
        FetchRequest request = new()
        {
            PeerId = peer.PeerId,
            Root = wanted.Content.Root.ToString(),
            Length = wanted.Content.Length,
            Detach = run.Value(_detach),
        };
        if (run.Value(_path) is { } path)
            request.Path = path;
        FetchResponse last = new() { BytesTotal = wanted.Content.Length };
        TransferProgress progress = new(
            run.Output, () => new TransferState(last.BytesDone, last.BytesTotal, last.BytesDone, run.Value(_word)!), run.Host.Time);
        await progress.RunAsync(async () =>
        {
            using AsyncServerStreamingCall<FetchResponse> call = directory.Client.Fetch(request, cancellationToken: cancellation);
            await foreach (FetchResponse state in call.ResponseStream.ReadAllAsync(cancellation))
                last = state;
        });
        return Report(run, peer, last);
    }

    static int Report(CommandRun run, PeerInfo peer, FetchResponse last)
    {
        run.Output.Object(new { Event = "done", Ok = last.State == RemoteState.Done, last.Path, last.Reason, Bytes = last.BytesDone, last.Sources });
        if (last.State == RemoteState.Done)
        {
            run.Output.Line($"{last.Path} is on {peer.Name}, {Quantity.Bytes(last.BytesDone)}");
            return ExitCodes.Ok;
        }

        throw last.State == RemoteState.Cancelled
            ? new CommandException(ExitCodes.Cancelled, $"{peer.Name} was told to stop. What came is kept there.")
            : new CommandException(ExitCodes.Failed, last.Reason.Length > 0 ? last.Reason : $"{peer.Name} did not say how it ended.");
    }
}
