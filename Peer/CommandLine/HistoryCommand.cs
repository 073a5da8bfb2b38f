using System.CommandLine;
using System.Globalization;
using P2P.Peers.Local;
using P2P.Peers.Transfers;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer history</c>: what became of earlier transfers.</summary>
static class HistoryCommand
{
    const int Default = 20;
    const int Most = 10_000;

    public static CommandDefinition Definition { get; } = new(Create, "peer history", "peer history --last 100 --json", "peer history --clear");

    internal static string TimeOf(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    static Command Create(CommandShell shell)
    {
        Option<int> last = new("--last", "-n") { HelpName = "N", Description = $"How many, of the newest [{Default}]", DefaultValueFactory = _ => Default };
        Option<bool> clear = new("--clear") { Description = "Forget all" };
        Command command = new("history", "Show what became of earlier transfers") { last, clear };
        shell.Handle(command, (run, _) => RunAsync(run, run.Value(last), run.Value(clear)));
        return command;
    }

    static async Task<int> RunAsync(CommandRun run, int last, bool clear)
    {
        if (last is < 1 or > Most)
            throw new CommandException(ExitCodes.Usage, $"--last is '{last}', but must be a whole number from 1 to {Most}.");
        TransferHistory history = new(new DaemonFiles(run.Settings.DataFolder));
        if (clear)
        {
            history.Clear();
            run.Output.Line("The history is empty now.");
            run.Output.Object(new { Cleared = true });
            return ExitCodes.Ok;
        }

        List<HistoryEntry> entries = [.. (await history.ReadAsync(run.Host.Time)).TakeLast(last)];
        foreach (HistoryEntry entry in entries)
            run.Output.Object(entry);
        if (entries.Count == 0)
            run.Output.Line("No transfers yet.");
        else
            run.Output.Table(
                [new("STARTED"), new("KIND"), new("OUTCOME"), new("FILES", Right: true), new("SIZE", Right: true), new("MOVED", Right: true), new("TOOK", Right: true), new("WHAT", Wraps: true)],
                entries.Select(Row));
        return ExitCodes.Ok;
    }

    static string[] Row(HistoryEntry entry) =>
    [
        TimeOf(entry.Started), entry.Kind, entry.Outcome, entry.Failed > 0 ? $"{entry.Files}, {entry.Failed} failed" : $"{entry.Files}",
        Quantity.Bytes(entry.Bytes), Quantity.Bytes(entry.Moved), Quantity.Time(TimeSpan.FromSeconds(entry.Seconds)), entry.What,
    ];
}
