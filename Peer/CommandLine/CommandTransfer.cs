using P2P.Peers.Fetching;
using P2P.Peers.Local;
using P2P.Peers.Transfers;

namespace P2P.Peers.CommandLine;

/// <summary>
/// A command's transfer as its user's other commands see it: <c>transfers</c>, <c>pause</c>, <c>resume</c> and <c>cancel</c> while it
/// runs, <c>history</c> afterwards. That the data folder cannot be written is no reason to fail.
/// </summary>
sealed class CommandTransfer : IAsyncDisposable
{
    readonly CommandRun _run;
    readonly (string Kind, string What, string Target) _named;
    readonly DateTimeOffset _started;
    readonly LiveTransfer? _live;

    CommandTransfer(CommandRun run, (string Kind, string What, string Target) named, LiveTransfer? live) =>
        (_run, _named, _started, _live) = (run, named, run.Host.Time.GetUtcNow(), live);

    /// <summary>Null where nobody can pause it.</summary>
    public PauseGate? Gate => _live?.Gate;

    /// <summary>Cancelled by <c>cancel</c>.</summary>
    public CancellationToken Cancelled => _live?.Cancelled ?? CancellationToken.None;

    /// <param name="run">The command.</param>
    /// <param name="kind"><c>get</c> or <c>put</c>.</param>
    /// <param name="what">What is transferred, for people.</param>
    /// <param name="target">Where to.</param>
    /// <param name="meter">How far it is.</param>
    public static CommandTransfer Begin(CommandRun run, string kind, string what, string target, ITransferMeter meter)
    {
        try
        {
            DaemonFiles files = new(run.Settings.DataFolder);
            return new CommandTransfer(run, (kind, what, target), LiveTransfer.Begin(files, kind, what, target, meter, run.Host.Time));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            run.Output.Detail($"Other commands cannot see this transfer: {e.Message}");
            return new CommandTransfer(run, (kind, what, target), null);
        }
    }

    /// <summary>Writes into the history what became of it.</summary>
    public async Task RecordAsync(int code, TransferSums sums)
    {
        string outcome = code switch
        {
            ExitCodes.Ok => HistoryEntry.Done,
            ExitCodes.Cancelled => HistoryEntry.Cancelled,
            _ => HistoryEntry.Unfinished,
        };
        double seconds = Math.Round((_run.Host.Time.GetUtcNow() - _started).TotalSeconds, 3);
        HistoryEntry entry = new(
            _live?.Id ?? "", _named.Kind, _named.What, _named.Target, _started, seconds, outcome, code,
            sums.Files, sums.Failed, sums.Bytes, sums.Moved, [.. sums.Peers.Take(HistoryEntry.MostSources)]);
        try
        {
            await new TransferHistory(new DaemonFiles(_run.Settings.DataFolder)).AddAsync(entry, _run.Host.Time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _run.Output.Detail($"The history cannot be written: {e.Message}");
        }
    }

    public ValueTask DisposeAsync() => _live?.DisposeAsync() ?? default;
}

/// <summary>What a transfer did, in all.</summary>
/// <param name="Files">Files that are there, whole.</param>
/// <param name="Failed">Files, or words, that came to nothing.</param>
/// <param name="Bytes">Length of the files.</param>
/// <param name="Moved">Bytes that were moved for it.</param>
/// <param name="Peers">By whom or to whom, most first.</param>
sealed record TransferSums(int Files, int Failed, long Bytes, long Moved, IEnumerable<HistorySource> Peers);
