using System.CommandLine;
using P2P.Peers.Local;
using P2P.Peers.Transfers;
using FoundTransfer = (P2P.Peers.Transfers.TransferRecord Record, P2P.Peers.Transfers.LiveState State);

namespace P2P.Peers.CommandLine;

/// <summary><c>peer transfers</c>, <c>pause</c>, <c>resume</c> and <c>cancel</c>: the transfers of this data folder, whichever process does them.</summary>
static class TransfersCommand
{
    public static CommandDefinition List { get; } = new(CreateList, "peer transfers", "peer transfers --json");

    public static CommandDefinition Pause { get; } = new(
        shell => CreateWord(shell, "pause", TransferWord.Pause, "Stop a transfer for a while; what came is kept"), "peer pause 5f1d", "peer pause --all");

    public static CommandDefinition Resume { get; } = new(
        shell => CreateWord(shell, "resume", TransferWord.Resume, "Let a paused transfer go on"), "peer resume 5f1d", "peer resume --all");

    public static CommandDefinition Cancel { get; } = new(
        shell => CreateWord(shell, "cancel", TransferWord.Cancel, "End a transfer; what came is kept, and the same command goes on from there"),
        "peer cancel 5f1d");

    static Command CreateList(CommandShell shell)
    {
        Command command = new("transfers", "List the transfers that run, are paused, or were interrupted");
        shell.Handle(command, ListAsync);
        return command;
    }

    static Command CreateWord(CommandShell shell, string name, string word, string description)
    {
        Argument<string?> id = new("ID") { Arity = ArgumentArity.ZeroOrOne, Description = "As 'peer transfers' lists it, or its beginning" };
        Option<bool> all = new("--all") { Description = "All of them" };
        Command command = new(name, description) { id, all };
        shell.Handle(command, (run, cancellation) => SayAsync(run, word, run.Value(id), run.Value(all), cancellation));
        return command;
    }

    static async Task<int> ListAsync(CommandRun run, CancellationToken cancellation)
    {
        List<FoundTransfer> found = await FindAsync(run, TransferWord.Show, _ => true, cancellation);
        run.Output.Object(new { Transfers = found.Select(Summary) });
        if (found.Count == 0)
            run.Output.Line("No transfers.");
        else
            run.Output.Table(
                [new("ID"), new("KIND"), new("STATE"), new("DONE", Right: true), new("OF", Right: true), new("FILES", Right: true), new("STARTED"), new("WHAT", Wraps: true)],
                found.Select(Row));
        return ExitCodes.Ok;
    }

    static async Task<int> SayAsync(CommandRun run, string word, string? id, bool all, CancellationToken cancellation)
    {
        if (id is null == !all)
            throw new CommandException(ExitCodes.Usage, "Name one transfer, or --all.");
        List<TransferRecord> meant = Meant(run, id);
        List<FoundTransfer> told = await FindAsync(run, word, record => meant.Exists(m => m.Id == record.Id), cancellation);
        run.Output.Object(new { Transfers = told.Select(Summary) });
        int outcome = ExitCodes.Ok;
        foreach (FoundTransfer one in told)
        {
            if (one.State.State == LiveState.Interrupted)
                outcome = CommandException.Combine(outcome, TellInterrupted(run, one.Record, word));
            else if (one.State.State == LiveState.Silent)
                outcome = CommandException.Combine(outcome, TellSilent(run, one.Record));
            else
                run.Output.Line($"{one.Record.Id} {DoneBy(word, one.State)}");
        }

        return outcome;
    }

    static string DoneBy(string word, LiveState state) => word == TransferWord.Cancel ? "is being cancelled" : $"is {state.State}";

    // Its process is gone, so there is nothing to pause or resume; but its owner can have it forgotten.
    static int TellInterrupted(CommandRun run, TransferRecord record, string word)
    {
        if (word == TransferWord.Cancel)
        {
            new TransferFolder(new DaemonFiles(run.Settings.DataFolder)).Remove(record);
            run.Output.Line($"{record.Id} was interrupted, and is forgotten; what came of {record.What} is kept in {record.Target}.");
            return ExitCodes.Ok;
        }

        run.Output.Failure(ExitCodes.NotFound, $"{record.Id} was interrupted: its process is gone. The same command goes on from there: {record.What} to {record.Target}.");
        return ExitCodes.NotFound;
    }

    static int TellSilent(CommandRun run, TransferRecord record)
    {
        run.Output.Failure(ExitCodes.Failed, $"{record.Id} does not answer, though its process {record.ProcessId} lives: say it again, or end the process.");
        return ExitCodes.Failed;
    }

    static List<TransferRecord> Meant(CommandRun run, string? id)
    {
        List<TransferRecord> all = [.. new TransferFolder(new DaemonFiles(run.Settings.DataFolder)).List().Select(one => one.Record)];
        if (id is null)
            return all;
        List<TransferRecord> meant = id.Length == 0 ? [] : all.FindAll(one => one.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase));
        return meant.Count switch
        {
            1 => meant,
            0 => throw new CommandException(ExitCodes.NotFound, $"There is no transfer '{id}'; 'peer transfers' lists them."),
            _ => throw new CommandException(ExitCodes.Ambiguous, $"'{id}' stands for several transfers: {string.Join(", ", meant.Select(one => one.Id))}."),
        };
    }

    // Says the word to those that are meant; one that ends in this instant needs no word any more.
    static async Task<List<FoundTransfer>> FindAsync(CommandRun run, string word, Func<TransferRecord, bool> isMeant, CancellationToken cancellation)
    {
        List<FoundTransfer> found = [];
        TransferFolder folder = new(new DaemonFiles(run.Settings.DataFolder));
        foreach ((TransferRecord record, bool isLive) in folder.List().Where(one => isMeant(one.Record)))
        {
            if (!isLive)
                found.Add((record, new LiveState(LiveState.Interrupted, 0, 0, 0, 0)));
            else if (await TransferCalls.SayAsync(record, word, run.Host.Time, cancellation) is { } state)
                found.Add((record, state));
            else if (folder.Find(record.Id) is { } left)
                found.Add((record, new LiveState(left.IsLive ? LiveState.Silent : LiveState.Interrupted, 0, 0, 0, 0)));
        }

        return found;
    }

    static object Summary(FoundTransfer one) => new
    {
        one.Record.Id,
        one.Record.Kind,
        one.State.State,
        one.Record.What,
        one.Record.Target,
        one.Record.Started,
        one.Record.ProcessId,
        one.State.Done,
        one.State.Total,
        one.State.FilesDone,
        one.State.Files,
    };

    static string[] Row(FoundTransfer one) =>
    [
        one.Record.Id, one.Record.Kind, one.State.State, Quantity.Bytes(one.State.Done), Quantity.Bytes(one.State.Total),
        $"{one.State.FilesDone}/{one.State.Files}", HistoryCommand.TimeOf(one.Record.Started), one.Record.What,
    ];
}
