using System.CommandLine;
using P2P.Peers.Local.V1;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer status</c>: what the running daemon shares and does.</summary>
static class StatusCommand
{
    public static CommandDefinition Definition { get; } = new(Create, "peer status", "peer status --json");

    static Command Create(CommandShell shell)
    {
        var rescan = new Option<bool>("--rescan") { Description = "Have all shared folders looked at again first" };
        var command = new Command("status", "Show what the running daemon shares and does") { rescan };
        shell.Handle(command, (run, cancellation) => RunAsync(run, run.Value(rescan), cancellation));
        return command;
    }

    static async Task<int> RunAsync(CommandRun run, bool rescan, CancellationToken cancellation)
    {
        using var daemon = RunningDaemon.Connect(run);
        if (rescan)
        {
            await daemon.Client.RescanAsync(new RescanRequest(), cancellationToken: cancellation);
        }

        var status = await daemon.Client.StatusAsync(new StatusRequest(), cancellationToken: cancellation);
        run.Output.Object(status.ToSummary());
        run.Output.Line($"Serving on {status.Url}, {status.UploadSlotsFree} of {status.UploadSlots} upload slots free (process {status.ProcessId})");
        run.Output.Line(SessionLine(status.Session));
        run.Output.Line(ScanLine(status.Scan));
        run.Output.Line(LineLine(status.Line));
        foreach (var line in RouteLines(status.Line))
        {
            run.Output.Line(line);
        }

        run.Output.Line(status.Inbox.Length > 0 ? $"Uploads go to {status.Inbox}" : "The inbox is closed");
        run.Output.Table(
            [new Column("SHARE"), new Column("FILES", Right: true), new Column("SIZE", Right: true), new Column("FOLDER", Wraps: true)],
            status.Shares.Select(share => (string[])[share.Label, $"{share.Files:N0}", Quantity.Bytes(share.Bytes), share.Path]));
        return ExitCodes.Ok;
    }

    static string SessionLine(SessionStatus session) => session.State switch
    {
        "online" => $"Online at {session.Directory} as {session.User}, {Quantity.Files(session.PublishedFiles)} published; peer {session.PeerId}"
            + (session.Verified ? "" : " (declared, without a key)"),
        _ => $"{(session.State == "stopped" ? "Out" : "Offline")}: {session.Directory} as {session.User}. {session.Reason}",
    };

    static string LineLine(LineStatus? line) => line switch
    {
        { Open: true, Downloads.Length: > 0 } => $"Control line open; takes orders to fetch into {line.Downloads}, {line.Fetches} under way",
        { Open: true } => "Control line open",
        _ => "No Control line",
    };

    static IEnumerable<string> RouteLines(LineStatus? line) => line is null ? [] :
    [
        .. line.Served.Select(served => $"Connections of others that cannot dial this peer, {served.Route}: {served.Open} now, {served.Total} since the start"),
        .. line.Reached.GroupBy(reached => reached.Route).Select(ways => $"Peers that this one fetched from, {ways.Key}: {ways.Count()}"),
    ];

    static string ScanLine(ScanStatus scan)
    {
        var skipped = scan.SkippedNotRegular + scan.SkippedNames + scan.SkippedUnreadable;
        var line = scan switch
        {
            { Busy: true, FilesToHash: > 0 } =>
                $"Hashing: {scan.FilesHashed:N0} of {Quantity.Files(scan.FilesToHash)}, {Quantity.Bytes(scan.BytesHashed)} of {Quantity.Bytes(scan.BytesToHash)}",
            { Busy: true } => $"Scanning: {Quantity.Files(scan.FilesFound)} so far",
            _ => "Up to date",
        };
        return line
            + (scan.Retries > 0 ? $"; {Quantity.Files(scan.Retries)} {(scan.Retries == 1 ? "is" : "are")} being written" : "")
            + (skipped > 0 ? $"; {skipped:N0} entries are not shared" : "")
            + (scan.UnwatchedFolders > 0 ? $"; {scan.UnwatchedFolders} folders cannot be watched and are rescanned" : "");
    }

    static object ToSummary(this StatusResponse status) => new
    {
        status.ProcessId,
        status.Url,
        Shares = status.Shares.Select(share => new { share.Label, share.Path, share.Files, share.Bytes }),
        Scan = new
        {
            status.Scan.Busy,
            status.Scan.FilesFound,
            status.Scan.FilesToHash,
            status.Scan.BytesToHash,
            status.Scan.FilesHashed,
            status.Scan.BytesHashed,
            status.Scan.Retries,
            status.Scan.SkippedNotRegular,
            status.Scan.SkippedNames,
            status.Scan.SkippedUnreadable,
            status.Scan.UnwatchedFolders,
        },
        Session = new
        {
            status.Session.Directory,
            status.Session.User,
            status.Session.State,
            status.Session.Reason,
            status.Session.PeerId,
            status.Session.Verified,
            status.Session.Reachable,
            status.Session.PublishedFiles,
        },
        status.Inbox,
        status.UploadSlots,
        status.UploadSlotsFree,
        Line = status.Line is { } line ? new
        {
            line.Open,
            line.Downloads,
            line.Fetches,
            Served = line.Served.Select(served => new { served.Route, served.Open, served.Total }),
            Reached = line.Reached.Select(reached => new { reached.PeerId, reached.Route }),
        } : null,
    };
}
