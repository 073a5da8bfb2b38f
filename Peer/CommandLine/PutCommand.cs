using System.CommandLine;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Finding;
using P2P.Peers.Sending;
using P2P.Peers.Transfers;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer put</c>: sends files into another peer's inbox.</summary>
sealed class PutCommand
{
    readonly Argument<string[]> _files = new("FILE") { Arity = ArgumentArity.OneOrMore, Description = "Files to send" };
    readonly Option<string> _to = new("--to") { Description = "Receiver: account, name, address or beginning of the identifier", HelpName = "PEER", Required = true };
    readonly Option<int> _patience = new("--patience")
    {
        Description = "Go on trying so long while the receiver does not answer [30]",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 30,
    };

    public static CommandDefinition Definition { get; } =
        new(shell => new PutCommand().Create(shell), "peer put report.pdf --to ana", "peer put *.jpg --to 3f9a --json");

    Command Create(CommandShell shell)
    {
        Command command = new("put", "Send files to a peer that accepts them; goes on where it stopped") { _files, _to, _patience };
        shell.Handle(command, RunAsync);
        return command;
    }

    async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        await using DirectoryConnection directory = await DirectoryConnection.OpenAsync(run, cancellation);
        PeerInfo peer = await PeerFinder.FindAsync(directory, run.Value(_to)!, byName: false, cancellation);
        using PeerChannels channels = directory.OpenChannels();
        SourcePeer receiver = SourcePeer.Of(peer);
        Catalog.CatalogClient client = channels.Find(receiver, out string? refusal)
            ?? throw new CommandException(ExitCodes.Refused, $"{peer.User} cannot be called. {refusal}");
        string[] files = run.Value(_files)!;
        SendMeter meter = new(files.Length);
        await using CommandTransfer transfer = CommandTransfer.Begin(
            run, "put", files.Length == 1 ? files[0] : $"{files[0]} and {files.Length - 1} more", $"{peer.User} ({peer.PeerId})", meter);
        FileSender sender = new(client, RenewAsync, receiver.WantsTickets, TimeSpan.FromSeconds(run.Value(_patience)), transfer.Gate, run.Host.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, transfer.Cancelled);
        int outcome = ExitCodes.Cancelled;
        try
        {
            int all = ExitCodes.Ok;
            foreach (string path in files)
                all = CommandException.Combine(all, await SendAsync(run, (sender, meter, transfer.Gate), peer, path, stop.Token));
            return outcome = all;
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            throw new CommandException(outcome, "Stopped. The receiver keeps what came; the same command goes on from there.", e);
        }
        finally
        {
            HistorySource to = new(peer.PeerId, peer.User, meter.Sent, 0);
            await transfer.RecordAsync(outcome, new TransferSums(meter.FilesDone, files.Length - meter.FilesDone, meter.Bytes, meter.Sent, [to]));
        }

        async Task<string> RenewAsync(ContentId content, CancellationToken stop)
        {
            TicketAnswer answer = await channels.RenewTicketAsync(receiver, content, forUpload: true, stop);
            return answer.Ticket ?? throw (answer.Failure!.Fault == FetchFault.Unavailable
                ? new RpcException(new Status(StatusCode.Unavailable, answer.Failure.Message))
                : new CommandException(ExitCodes.Refused, $"{peer.User}: {answer.Failure.Message}"));
        }
    }

    static async Task<int> SendAsync(
        CommandRun run, (FileSender Sender, SendMeter Meter, PauseGate? Gate) by, PeerInfo peer, string path, CancellationToken cancellation)
    {
        try
        {
            OutgoingFile file = await PrepareAsync(path, cancellation);
            SendResult? result = null;
            by.Meter.Begin(file.Content.Length);
            TransferProgress progress = new(run.Output, StateOf, run.Host.Time);
            await progress.RunAsync(async () => result = await by.Sender.SendAsync(file, by.Meter, cancellation));
            Tell(run, peer, file, result!);
            by.Meter.Finish(file.Content.Length, result!.Sent);
            return ExitCodes.Ok;

            TransferState StateOf() => new(
                by.Meter.DoneOfFile, file.Content.Length, by.Meter.DoneOfFile, by.Gate is { IsPaused: true } ? $"{file.Name} (paused)" : file.Name);
        }
        catch (CommandException failure)
        {
            return Fail(run, failure.ExitCode, failure.Message);
        }
        catch (RpcException error) when (!cancellation.IsCancellationRequested)
        {
            CommandException failure = RpcFailures.Explain(error, peer.User);
            return Fail(run, failure.ExitCode, $"{path}: {failure.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(run, ExitCodes.Disk, $"{path} cannot be read: {e.Message}");
        }
    }

    static async Task<OutgoingFile> PrepareAsync(string path, CancellationToken cancellation)
    {
        if (System.IO.Directory.Exists(path))
            throw new CommandException(ExitCodes.Usage, $"{path} is a folder; put sends files.");
        if (!File.Exists(path))
            throw new CommandException(ExitCodes.NotFound, $"{path}: no such file.");
        FileHash hash = await FileHasher.HashAsync(path, Environment.ProcessorCount, progress: null, cancellation)
            ?? throw new CommandException(ExitCodes.Damaged, $"{path} changed while it was read.");
        return new OutgoingFile(path, Path.GetFileName(path), hash.Content);
    }

    static void Tell(CommandRun run, PeerInfo peer, OutgoingFile file, SendResult result)
    {
        run.Output.Line(result.Present
            ? $"{peer.User} has {file.Name} already."
            : $"{peer.User} has {result.Path} now; {Quantity.Bytes(result.Sent)} were sent.");
        run.Output.Object(new
        {
            Event = "file",
            file.Path,
            Root = file.Content.Root.ToString(),
            file.Content.Length,
            Peer = peer.PeerId,
            Remote = result.Path,
            result.Sent,
            result.Present,
        });
    }

    static int Fail(CommandRun run, int code, string message)
    {
        run.Output.Failure(code, message);
        return code;
    }
}
