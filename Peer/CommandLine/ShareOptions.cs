using System.CommandLine;
using System.Net;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Local;
using P2P.Peers.Pacing;
using P2P.Peers.Serving;
using P2P.Peers.Session;
using P2P.Peers.Sharing;

namespace P2P.Peers.CommandLine;

/// <summary>The options of <c>share</c>, and what they mean for the daemon.</summary>
sealed class ShareOptions
{
    const int MostSlots = 10_000;
    const int ShortestPeer = 8;
    const int LongestPeer = 64;

    readonly Argument<string[]> _folders = new("DIR") { Arity = ArgumentArity.OneOrMore, Description = "Folders to share, with all below them" };
    readonly Option<int?> _port = new("--port") { HelpName = "N", Description = "Port to serve on; 0 for any [P2P_PORT; 5001, else the next free one]" };
    readonly Option<string?> _bind = new("--bind") { HelpName = "ADDRESS", Description = "Address to serve on; other than this machine's own: over TLS, to members of the directory [127.0.0.1]" };
    readonly Option<string?> _advertise = new("--advertise") { HelpName = "IP", Description = "Address to be reached at [P2P_ADVERTISE; as the directory sees it]" };
    readonly Option<string?> _name = new("--name") { HelpName = "TEXT", Description = "Name for people [P2P_NAME; this host's]" };
    readonly Option<int?> _slots = new("--upload-slots") { HelpName = "N", Description = "Downloads served at once [P2P_UPLOAD_SLOTS; 32]" };
    readonly Option<string[]> _limit = new("--limit-up") { HelpName = "RATE[@HH:MM-HH:MM]", Description = "Bytes a second to all downloaders together, such as 10M, or 1M@08:00-18:00; the first that covers the time of day counts [none]" };
    readonly Option<string[]> _limitEach = new("--limit-up-each") { HelpName = "RATE[@HH:MM-HH:MM]", Description = "The same for each downloader [none]" };
    readonly Option<string[]> _prefer = new("--prefer") { HelpName = "PEER", Description = "Peers whose downloads go first in the queue, by identifier or its first eight digits or more; one of four others goes before them all the same [none]" };
    readonly Option<string[]> _accept = new("--accept")
    {
        HelpName = "any|from:USER",
        Description = "Whose uploads to accept into the inbox: of all who may reach it, or of accounts; as many as need be [P2P_ACCEPT; nobody's]",
    };
    readonly Option<string?> _inbox = new("--inbox") { HelpName = "DIR", Description = "Where uploads go [inbox in the data folder]" };
    readonly Option<string?> _quota = new("--inbox-quota") { HelpName = "SIZE", Description = "Bytes that the inbox may hold, such as 10G [all]" };
    readonly Option<string[]> _limitIn = new("--limit-in") { HelpName = "RATE[@HH:MM-HH:MM]", Description = "Bytes a second of all uploads into the inbox together, as --limit-up [none]" };
    readonly Option<string?> _downloads = new("--downloads")
    {
        HelpName = "DIR",
        Description = "Take orders of this account to fetch files, into this folder ('peer fetch --on') [P2P_DOWNLOADS; no orders]",
    };
    readonly Option<string[]> _to = new("--to")
    {
        HelpName = "[LABEL=]group:NAME",
        Description = "Who may find and fetch it, of the directory's groups; several are one or the other; with a LABEL, of that folder only [all members]",
    };

    public void AddTo(Command command)
    {
        command.Add(_folders);
        foreach (var option in (Option[])[_port, _bind, _advertise, _name, _slots, _prefer, _limit, _limitEach, _to, _accept, _inbox, _quota, _limitIn, _downloads])
        {
            command.Add(option);
        }
    }

    /// <exception cref="CommandException">An option cannot be used, or a folder is not there.</exception>
    public DaemonOptions Read(CommandRun run)
    {
        var files = new DaemonFiles(run.Settings.DataFolder);
        files.Create();
        var address = Address(run);
        var folders = Folders(run);
        return new DaemonOptions
        {
            Files = files,
            Folders = folders,
            Serving = new ServingOptions
            {
                Address = address,
                Tls = !IPAddress.IsLoopback(address) && !run.Settings.AllowPlaintext,
                Port = Number(run, _port, "port", 0, 65535),
                Limit = Limit(run, _limit),
                LimitEach = Limit(run, _limitEach),
                Preferred = Preferred(run),
                UploadSlots = Number(run, _slots, "upload-slots", 1, MostSlots) ?? new ServingOptions().UploadSlots,
            },
            Inbox = Inbox(run, files),
            AllowPlaintext = run.Settings.AllowPlaintext,
            Downloads = run.Value(_downloads) ?? run.Settings.Sources.Find("downloads"),
            Session = Account(run, files) with { Access = Access(run, folders) },
        };
    }

    IReadOnlyList<SharedFolder> Folders(CommandRun run)
    {
        try
        {
            return SharedFolder.FromPaths(run.Value(_folders)!);
        }
        catch (DirectoryNotFoundException absent)
        {
            throw new CommandException(ExitCodes.NotFound, absent.Message);
        }
    }

    IReadOnlyList<ShareAccess> Access(CommandRun run, IReadOnlyList<SharedFolder> folders)
    {
        var to = (run.Value(_to) ?? []).Select(text => GroupTarget.TryParse(text) ?? throw Wrong("--to", text, "such as group:lab or music=group:lab")).ToList();
        if (to.Select(target => target.Label).OfType<string>().FirstOrDefault(label => folders.All(folder => folder.Label != label)) is { } unknown)
        {
            throw new CommandException(ExitCodes.Usage, $"--to names the folder '{unknown}'; shared are {string.Join(", ", folders.Select(folder => folder.Label))}.");
        }

        return to.Count == 0 || folders.Count <= GroupTarget.MostFolders
            ? GroupTarget.Access(to, folders.Select(folder => folder.Label))
            : throw new CommandException(ExitCodes.Usage, $"With --to, at most {GroupTarget.MostFolders} folders can be shared.");
    }

    IPAddress Address(CommandRun run)
    {
        var text = run.Value(_bind) ?? "127.0.0.1";
        if (!IPAddress.TryParse(text == "localhost" ? "127.0.0.1" : text, out var address))
        {
            throw Wrong("--bind", text, "an IP address such as 127.0.0.1 or 0.0.0.0");
        }

        return address;
    }

    InboxOptions? Inbox(CommandRun run, DaemonFiles files)
    {
        var accept = run.Value(_accept) is { Length: > 0 } given ? given : run.Settings.Sources.FindList("accept");
        if (accept.Count == 0)
        {
            return run.Value(_inbox) is null && run.Value(_quota) is null && run.Value(_limitIn) is not { Length: > 0 }
                ? null
                : throw new CommandException(ExitCodes.Usage, "--inbox, --inbox-quota and --limit-in need --accept any, or --accept from:USER.");
        }

        long? quota = null;
        if (run.Value(_quota) is { } size)
        {
            quota = Quantity.TryParseBytes(size, out var bytes) ? bytes : throw Wrong("--inbox-quota", size, "a size such as 500M or 10G");
        }

        return new InboxOptions(Path.GetFullPath(run.Value(_inbox) ?? files.Inbox), quota)
        {
            From = UploadSenders.Parse(accept, wrong => Wrong("--accept", wrong, "any, or from: and an account such as from:ana, once or more often")),
            Limit = Limit(run, _limitIn),
        };
    }

    LoginOptions Account(CommandRun run, DaemonFiles files)
    {
        var (user, password) = run.Settings.User is { } named ? (named, run.Settings.Password) : OwnAccount.Of(files, run.Settings.Password, run.Host.Time);
        var ip = run.Value(_advertise) ?? run.Settings.Sources.Find("advertise");
        if (ip is not null && !IPAddress.TryParse(ip, out _))
        {
            throw Wrong("--advertise", ip, "an IP address");
        }

        return new LoginOptions
        {
            User = user,
            Password = password,
            Invitation = run.Settings.Invitation,
            Directory = run.Settings.Directory,
            AdvertisedIp = ip,
            Name = run.Value(_name) ?? run.Settings.Sources.Find("name") ?? Environment.MachineName,
        };
    }

    List<string> Preferred(CommandRun run)
    {
        var peers = (run.Value(_prefer) ?? []).Select(peer => peer.ToLowerInvariant()).ToList();
        return peers.Find(peer => peer.Length is < ShortestPeer or > LongestPeer || !peer.All(char.IsAsciiHexDigitLower)) is { } wrong
            ? throw Wrong("--prefer", wrong, "a peer's identifier, or its first eight hex digits or more")
            : peers;
    }

    internal static RateSchedule Limit(CommandRun run, Option<string[]> option)
    {
        var rules = run.Value(option) ?? [];
        return RateSchedule.TryParse(rules) ?? throw Wrong(option.Name, string.Join(' ', rules), "rates such as 10M or 500k@08:00-18:00");
    }

    static int? Number(CommandRun run, Option<int?> option, string setting, int least, int most)
    {
        var number = run.Value(option) ?? run.Settings.Sources.FindNumber(setting, least, most);
        return number is null || (number >= least && number <= most)
            ? number
            : throw Wrong(option.Name, $"{number}", $"a whole number from {least} to {most}");
    }

    static CommandException Wrong(string option, string value, string wanted) =>
        new(ExitCodes.Usage, $"{option} is '{value}', but must be {wanted}.");
}
