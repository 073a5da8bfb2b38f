using P2P.Peers.Local;
using P2P.Peers.Session;
using Spectre.Console;

namespace P2P.Peers.CommandLine;

/// <summary>What <c>share</c> tells: to people in lines and, on a terminal, bars; to programs as one object a line.</summary>
sealed class ShareReport(CommandRun run, DaemonOptions options) : IDisposable
{
    static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    readonly CancellationTokenSource _stop = new();
    PeerDaemon? _daemon;
    SessionPhase? _told;
    int _toldFiles = -1;

    /// <summary>Says what is shared and where, and follows the session from now on.</summary>
    public void Follow(PeerDaemon daemon)
    {
        _daemon = daemon;
        foreach (var folder in options.Folders)
        {
            var groups = options.Session.Access.FirstOrDefault(access => access.Label == folder.Label)?.Groups;
            Say($"Sharing {folder.FullPath} as {folder.Label}" + (groups is { Count: > 0 } ? $", to {string.Join(", ", groups)} only" : ""));
        }

        Say($"Serving on {daemon.Url}" + (options.Inbox is { } inbox ? $", uploads go to {inbox.Folder}" : ""));
        if (!System.Net.IPAddress.IsLoopback(options.Serving.Address) && !options.Serving.Tls)
        {
            Say("Without encryption: everyone on the way can read and change what is sent, and who can reach this address can fetch (--allow-plaintext).");
        }

        run.Output.Object(new
        {
            Event = "serving",
            daemon.Url,
            Shares = options.Folders.Select(folder => new { folder.Label, Path = folder.FullPath }),
            Inbox = options.Inbox?.Folder,
        });
        daemon.Session.Changed += OnSession;
    }

    /// <summary>Shows scanning and hashing until the first round is over.</summary>
    public async Task ShowFirstRoundAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        var start = run.Host.Time.GetTimestamp();
        try
        {
            await (run.Output.DrawsProgress ? DrawAsync(either.Token) : WriteLinesAsync(either.Token));
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return;
        }

        var (catalog, progress) = (_daemon!.Catalog.Current, _daemon.Progress);
        var time = run.Host.Time.GetElapsedTime(start);
        Say($"{Quantity.Files(catalog.Files.Count)}, {Quantity.Bytes(catalog.TotalLength)}; hashed {Quantity.Bytes(progress.BytesHashed)} in {Quantity.Time(time)}");
        Say($"Others find them by: peer search TEXT --directory {options.Session.Directory}  and fetch them by: peer get NAME");
        run.Output.Object(new
        {
            Event = "ready",
            Files = catalog.Files.Count,
            Bytes = catalog.TotalLength,
            HashedBytes = progress.BytesHashed,
            Seconds = time.TotalSeconds,
        });
    }

    /// <summary>No more progress.</summary>
    public void Stop() => _stop.Cancel();

    public void Ended(bool isLoggedOut)
    {
        Say(isLoggedOut ? "Stopped." : "Stopped. The directory did not confirm the logout; the session ends with its lease.");
        run.Output.Object(new { Event = "stopped", LoggedOut = isLoggedOut });
    }

    /// <summary>A line about what goes on, from the log.</summary>
    public void Log(LogLevel level, string text)
    {
        Say(text);
        run.Output.Object(new { Event = "log", Level = level.ToString().ToLowerInvariant(), Message = text });
    }

    public void Dispose() => _stop.Dispose();

    void OnSession(SessionState state)
    {
        if (_told != state.Phase)
        {
            _told = state.Phase;
            if (state.Phase == SessionPhase.Online)
            {
                Say($"Online at {options.Session.Directory} as {options.Session.User}");
            }

            run.Output.Object(new { Event = "session", State = DaemonReport.NameOf(state.Phase), state.PeerId, state.Reason });
        }

        if (_daemon!.Session.PublishedFiles is var files && files != _toldFiles && state.Phase == SessionPhase.Online)
        {
            _toldFiles = files;
            run.Output.Object(new { Event = "published", Files = files });
        }
    }

    async Task DrawAsync(CancellationToken cancellation) => await run.Output.ErrorConsole.Progress()
        .AutoClear(true)
        .Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(),
            new TransferSpeedColumn(), new RemainingTimeColumn())
        .StartAsync(async context =>
        {
            var task = context.AddTask("Scanning").IsIndeterminate();
            while (!_daemon!.Catalog.IsComplete)
            {
                var progress = _daemon.Progress;
                task.Description = progress.BytesToHash > 0
                    ? $"Hashing {progress.FilesHashed:N0} of {Quantity.Files(progress.FilesToHash)}"
                    : $"Scanning {Quantity.Files(progress.FilesFound)}";
                task.IsIndeterminate(progress.BytesToHash == 0);
                task.MaxValue(Math.Max(1, progress.BytesToHash));
                task.Value(progress.BytesHashed);
                await Task.Delay(BarInterval, run.Host.Time, cancellation);
            }
        });

    async Task WriteLinesAsync(CancellationToken cancellation)
    {
        var (ticks, every) = (0, (int)(LineInterval / BarInterval));
        while (!_daemon!.Catalog.IsComplete)
        {
            await Task.Delay(BarInterval, run.Host.Time, cancellation);
            if (++ticks % every == 0)
            {
                WriteProgress();
            }
        }
    }

    void WriteProgress()
    {
        var progress = _daemon!.Progress;
        var (done, all) = (progress.BytesHashed, progress.BytesToHash);
        Say(all == 0
            ? $"Scanned {Quantity.Files(progress.FilesFound)}"
            : $"Hashed {progress.FilesHashed:N0} of {Quantity.Files(progress.FilesToHash)}, {Quantity.Bytes(done)} of {Quantity.Bytes(all)}");
        run.Output.Object(new
        {
            Event = "progress",
            progress.FilesFound,
            progress.FilesHashed,
            progress.FilesToHash,
            BytesHashed = done,
            BytesToHash = all,
        });
    }

    // While bars are drawn, lines go above them.
    void Say(string text)
    {
        if (run.Output.DrawsProgress)
        {
            run.Output.ErrorConsole.WriteLine(SafeText.Escape(text));
        }
        else
        {
            run.Output.Line(text);
        }
    }
}
