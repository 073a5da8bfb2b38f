using P2P.Peers.Local;

namespace P2P.Peers.CommandLine;

/// <summary>The daemon of the data folder that the command line names.</summary>
static class RunningDaemon
{
    /// <exception cref="CommandException">None runs.</exception>
    public static LocalDaemon Connect(CommandRun run) =>
        LocalDaemon.TryConnect(new DaemonFiles(run.Settings.DataFolder))
        ?? throw new CommandException(ExitCodes.NotFound, $"No daemon runs with its data in {run.Settings.DataFolder}. Start one by 'peer share DIR'.");
}
