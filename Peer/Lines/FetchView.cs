using P2P.Contracts.DirectoryV1;
using P2P.Peers.Fetching;
using P2P.Peers.Local;
using P2P.Peers.Transfers;
using TransferState = P2P.Contracts.DirectoryV1.TransferState;

namespace P2P.Peers.Lines;

/// <summary>
/// A fetch that came over the line, as the daemon's owner sees it: among the transfers while it runs, in the history afterwards. That the
/// data folder cannot be written is no reason for it to fail.
/// </summary>
sealed class FetchView : IAsyncDisposable
{
    readonly DaemonFiles _files;
    readonly FetchRequest _request;
    readonly FetchMeter _meter;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly DateTimeOffset _started;
    readonly LiveTransfer? _live;

    FetchView(DaemonFiles files, FetchRequest request, FetchMeter meter, TimeProvider time, ILogger log)
    {
        (_files, _request, _meter, _time, _log, _started) = (files, request, meter, time, log, time.GetUtcNow());
        try
        {
            _live = LiveTransfer.Begin(files, "fetch", What, Target, meter, time);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LineLog.NotShown(log, refused.Message);
        }
    }

    public PauseGate? Gate => _live?.Gate;

    /// <summary>Cancelled by the owner, not by who ordered it.</summary>
    public CancellationToken Cancelled => _live?.Cancelled ?? CancellationToken.None;

    string What => _request.HasPath ? _request.Path : _request.Root;

    static string Target => "the download folder";

    public static FetchView Begin(DaemonFiles files, FetchRequest request, FetchMeter meter, TimeProvider time, ILogger log) =>
        new(files, request, meter, time, log);

    /// <summary>Writes into the history what became of it.</summary>
    public async Task RecordAsync(FetchResponse end)
    {
        var (outcome, code) = end.State switch
        {
            TransferState.Done => (HistoryEntry.Done, ExitCodes.Ok),
            TransferState.Cancelled => (HistoryEntry.Cancelled, ExitCodes.Cancelled),
            _ => (HistoryEntry.Unfinished, ExitCodes.Failed),
        };
        var entry = new HistoryEntry(
            _live?.Id ?? "", "fetch", end.Path.Length > 0 ? end.Path : What, Target, _started, Math.Round((_time.GetUtcNow() - _started).TotalSeconds, 3),
            outcome, code, _meter.FilesDone, code == ExitCodes.Ok ? 0 : 1, _meter.Total, _meter.Received, []);
        try
        {
            await new TransferHistory(_files).AddAsync(entry, _time).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LineLog.NotShown(_log, refused.Message);
        }
    }

    public ValueTask DisposeAsync() => _live?.DisposeAsync() ?? default;
}
