using P2P.Peers.Dialing;
using P2P.Peers.Fetching;
using P2P.Peers.Local;
using P2P.Peers.Transfers;

namespace P2P.Peers.CommandLine;

/// <summary>Tells the user of each file, and at the end of all of them.</summary>
/// <param name="output">Where to tell.</param>
/// <param name="meter">What came.</param>
/// <param name="nameFiles">Name each file that is done.</param>
/// <param name="routeOf">How a peer was reached.</param>
/// <param name="time">The clock.</param>
sealed class FetchReport(CommandOutput output, FetchMeter meter, bool nameFiles, Func<string, PeerRoute?> routeOf, TimeProvider time)
{
    const int MostSources = 20;

    readonly Lock _lock = new();
    readonly Dictionary<string, SourceShare> _sources = [];
    readonly long _started = time.GetTimestamp();
    int _failed;

    sealed record SourceShare(string Name, long Bytes, int Rejected, string? Lie);

    /// <summary>The outcome of all files so far.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Takes results of files; called from several threads.</summary>
    public void Add(IReadOnlyList<FileResult> results)
    {
        lock (_lock)
        {
            foreach (FileResult result in results)
            {
                foreach (FetchSource source in result.Sources)
                    Count(source);
                if (result.Problem is { } problem)
                    Fail(CodeOf(problem.Kind), problem.Message);
                else if (nameFiles)
                    output.Line(result.Sources.Count == 0 && result.Resumed > 0 ? $"{result.Target} is here already." : result.Target);
            }

            output.Objects(results.Select(result => new
            {
                Event = "file",
                result.Target,
                Root = result.Content.Root.ToString(),
                result.Content.Length,
                result.Resumed,
                Ok = result.Problem is null,
                Problem = result.Problem?.Message,
                Sources = result.Sources.Select(s => new { Peer = s.Key, s.Name, s.Bytes, s.Rejected, Fault = s.Fault?.Message }),
            }));
        }
    }

    /// <summary>Takes a word that could not be resolved.</summary>
    public void Add(CommandException failure)
    {
        lock (_lock)
            Fail(failure.ExitCode, failure.Message);
    }

    /// <summary>All of it, for the history.</summary>
    public TransferSums Sums
    {
        get
        {
            lock (_lock)
            {
                var peers = _sources.OrderByDescending(s => s.Value.Bytes).Select(s => new HistorySource(s.Key, s.Value.Name, s.Value.Bytes, s.Value.Rejected));
                return new TransferSums(meter.FilesDone, _failed, meter.Total, _sources.Values.Sum(s => s.Bytes), [.. peers]);
            }
        }
    }

    /// <summary>The summary.</summary>
    public void Finish()
    {
        TimeSpan took = time.GetElapsedTime(_started);
        long received = _sources.Values.Sum(s => s.Bytes);
        string failed = _failed > 0 ? $", {_failed} failed" : "";
        output.Note($"{Quantity.Files(meter.FilesDone)}, {Quantity.Bytes(meter.Total)}{failed}. "
            + $"Fetched {Quantity.Bytes(received)} in {Quantity.Time(took)} ({Quantity.Rate(received / Math.Max(took.TotalSeconds, 0.001))}).");
        foreach ((string peerId, SourceShare source) in _sources.OrderByDescending(s => s.Value.Bytes).Take(MostSources))
        {
            string route = routeOf(peerId) is { } way and not PeerRoute.Direct ? $", {DaemonReport.NameOf(way)}" : "";
            string lie = source.Rejected > 0 ? $"; dropped for wrong bytes: {source.Lie}" : "";
            output.Note($"  {100.0 * source.Bytes / Math.Max(1, received):0} % from {source.Name}{route}{lie}");
        }

        output.Object(new
        {
            Event = "done",
            Files = meter.FilesDone,
            Failed = _failed,
            Bytes = meter.Total,
            Received = received,
            Seconds = Math.Round(took.TotalSeconds, 3),
            Rejected = _sources.Values.Sum(s => s.Rejected),
            Sources = _sources.Select(s => new { Peer = s.Key, s.Value.Name, s.Value.Bytes, s.Value.Rejected, Route = routeOf(s.Key) is { } way ? DaemonReport.NameOf(way) : null }),
        });
    }

    void Count(FetchSource source)
    {
        SourceShare known = _sources.GetValueOrDefault(source.Key) ?? new SourceShare(source.Name, 0, 0, null);
        string? lie = source.Fault is { IsLie: true } fault ? fault.Message : known.Lie;
        _sources[source.Key] = known with { Bytes = known.Bytes + source.Bytes, Rejected = known.Rejected + source.Rejected, Lie = lie };
    }

    void Fail(int code, string message)
    {
        ExitCode = _failed++ == 0 ? code : CommandException.Combine(ExitCode, code);
        output.Failure(code, message);
    }

    static int CodeOf(FetchProblemKind kind) => kind switch
    {
        FetchProblemKind.NotThere => ExitCodes.NotFound,
        FetchProblemKind.Unavailable => ExitCodes.Unavailable,
        FetchProblemKind.Refused => ExitCodes.Refused,
        FetchProblemKind.WrongBytes => ExitCodes.Damaged,
        FetchProblemKind.Disk => ExitCodes.Disk,
        FetchProblemKind.NameTaken => ExitCodes.Exists,
        _ => ExitCodes.Failed,
    };
}
