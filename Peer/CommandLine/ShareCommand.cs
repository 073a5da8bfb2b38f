using System.CommandLine;
using P2P.Peers.Lines;
using P2P.Peers.Local;
using P2P.Peers.Session;
using DirectoryClient = P2P.Contracts.DirectoryV1.Directory.DirectoryClient;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer share</c>: the daemon. It runs until it is stopped, and logs out then.</summary>
static class ShareCommand
{
    public static CommandDefinition Definition { get; } = new(
        Create,
        "peer share ~/music",
        "peer share ~/music ~/films --user ana --password-file ~/.p2p-password",
        "peer share . --accept any --inbox ~/received --inbox-quota 10G",
        "peer share . --downloads ~/fetched");

    static Command Create(CommandShell shell)
    {
        var options = new ShareOptions();
        var command = new Command("share", "Share folders: publish them, serve them, and follow their changes until Ctrl-C");
        options.AddTo(command);
        shell.Handle(command, (run, cancellation) => RunAsync(run, options.Read(run), cancellation));
        return command;
    }

    static async Task<int> RunAsync(CommandRun run, DaemonOptions options, CancellationToken cancellation)
    {
        using var held = options.Files.TryLock()
            ?? throw new CommandException(ExitCodes.Exists,
                $"A daemon runs already with its data in {options.Files.Folder}. See 'peer status', end it by 'peer logout', or give this one other --data.");
        using var report = new ShareReport(run, options);
        using var loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(run.Output.Verbose ? LogLevel.Information : LogLevel.Warning)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddProvider(new ReportLoggerProvider(report)));
        using var channel = DirectoryChannel.Open(run.Settings, run.Output.Note, run.Host.Time, loggers);
        using var relays = DirectoryChannel.Open(run.Settings, run.Output.Note, run.Host.Time, loggers);
        var directory = new DaemonDirectory(new DirectoryClient(channel), new DirectoryClient(relays));
        var link = new DirectoryLink(directory.Calls, run.Host.Time);

        var daemon = await PeerDaemon.StartAsync(options, link, directory, report.Follow, loggers, run.Host.Time, cancellation);
        await using (daemon)
        {
            var refused = await RunAsync(daemon, report, cancellation);
            report.Ended(await daemon.LogoutAsync());
            return refused is null ? ExitCodes.Ok : throw refused;
        }
    }

    // Ends by a signal, by the owner's `logout`, or because the directory will not have us. One that was let in and sent away
    // later goes on serving the transfers that it has.
    static async Task<CommandException?> RunAsync(PeerDaemon daemon, ShareReport report, CancellationToken cancellation)
    {
        var signal = Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        var progress = report.ShowFirstRoundAsync(cancellation);
        await Task.WhenAny(signal, daemon.StopAsked, daemon.SessionEnded);
        if (daemon.SessionEnded.IsFaulted)
        {
            await daemon.SessionEnded;
        }

        if (daemon.Session.State.StoppedBy is { IsSentAway: true })
        {
            await Task.WhenAny(signal, daemon.StopAsked);
        }

        report.Stop();
        await progress;
        return daemon.Session.State.StoppedBy is { IsSentAway: false } failure ? Refused(daemon.Session.State, failure) : null;
    }

    static CommandException Refused(SessionState state, CallFailure failure) =>
        new(failure switch
        {
            { IsUntrusted: true } => ExitCodes.Untrusted,
            { Code: Grpc.Core.StatusCode.InvalidArgument } => ExitCodes.Usage,
            _ => ExitCodes.Refused,
        }, state.Reason);
}
