using P2P.Peers.Dialing;
using P2P.Peers.Lines;
using P2P.Peers.Local.V1;
using P2P.Peers.Session;
using P2P.Peers.Sharing;

namespace P2P.Peers.Local;

/// <summary>Puts together what <c>status</c> shows.</summary>
static class DaemonReport
{
    public static StatusResponse Of(PeerDaemon daemon) => new()
    {
        ProcessId = Environment.ProcessId,
        Url = daemon.Url,
        Shares = { Shares(daemon) },
        Scan = Scan(daemon),
        Session = Session(daemon),
        Inbox = daemon.Options.Inbox?.Folder ?? "",
        UploadSlots = daemon.Slots.Count,
        UploadSlotsFree = daemon.Slots.Free,
        Line = Line(daemon),
    };

    static LineStatus? Line(PeerDaemon daemon) => daemon.Lines is not { } lines ? null : new LineStatus
    {
        Open = lines.IsOpen,
        Downloads = daemon.Options.Downloads ?? "",
        Fetches = lines.Fetches,
        Served = { Served(lines) },
        Reached = { lines.Routes.All.Select(reached => new PeerRouteStatus { PeerId = reached.Key, Route = NameOf(reached.Value) }) },
    };

    static IEnumerable<ShareStatus> Shares(PeerDaemon daemon)
    {
        var files = daemon.Catalog.Current.Files.Values.ToLookup(file => file.Folder);
        return daemon.Options.Folders.Select(folder => new ShareStatus
        {
            Label = folder.Label,
            Path = folder.FullPath,
            Files = files[folder].Count(),
            Bytes = files[folder].Sum(file => file.Content.Length),
        });
    }

    static ScanStatus Scan(PeerDaemon daemon) => new()
    {
        Busy = daemon.Progress.IsBusy,
        FilesFound = daemon.Progress.FilesFound,
        FilesToHash = daemon.Progress.FilesToHash,
        BytesToHash = daemon.Progress.BytesToHash,
        FilesHashed = daemon.Progress.FilesHashed,
        BytesHashed = daemon.Progress.BytesHashed,
        Retries = daemon.Progress.Retries,
        SkippedNotRegular = daemon.Tally.Count(SkipReason.NotRegular),
        SkippedNames = daemon.Tally.Count(SkipReason.Name),
        SkippedUnreadable = daemon.Tally.Count(SkipReason.Unreadable),
        UnwatchedFolders = daemon.UnwatchedFolders,
    };

    static SessionStatus Session(PeerDaemon daemon)
    {
        var state = daemon.Session.State;
        return new SessionStatus
        {
            Directory = daemon.Options.Session.Directory.ToString(),
            User = daemon.Options.Session.User,
            State = NameOf(state.Phase),
            Reason = state.Reason,
            PeerId = state.PeerId,
            Verified = state.IsVerified,
            Reachable = state.IsReachable,
            PublishedFiles = daemon.Session.PublishedFiles,
        };
    }

    static IEnumerable<RouteStatus> Served(DaemonLines lines) =>
        from route in Enum.GetValues<PeerRoute>()
        where lines.Doors.Carried.Total(route) > 0
        select new RouteStatus { Route = NameOf(route), Open = lines.Doors.Carried.Open(route), Total = lines.Doors.Carried.Total(route) };

    public static string NameOf(PeerRoute route) => route switch
    {
        PeerRoute.Relayed => "relayed",
        PeerRoute.DialledOut => "dialled out",
        _ => "direct",
    };

    public static string NameOf(SessionPhase phase) => phase switch
    {
        SessionPhase.Online => "online",
        SessionPhase.Stopped => "stopped",
        _ => "offline",
    };
}
