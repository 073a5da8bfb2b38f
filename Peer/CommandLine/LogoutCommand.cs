using System.CommandLine;
using P2P.Peers.Local.V1;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer logout</c>: ends the session and the daemon.</summary>
static class LogoutCommand
{
    public static CommandDefinition Definition { get; } = new(Create, "peer logout");

    static Command Create(CommandShell shell)
    {
        var command = new Command("logout", "Stop sharing: end the session with the directory, and the daemon");
        shell.Handle(command, RunAsync);
        return command;
    }

    static async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        using var daemon = RunningDaemon.Connect(run);
        var answer = await daemon.Client.StopAsync(new StopRequest(), cancellationToken: cancellation);
        run.Output.Line(answer.LoggedOut
            ? "Logged out; the daemon stops."
            : "The daemon stops. The directory did not confirm the logout; the session ends with its lease.");
        run.Output.Object(new { answer.LoggedOut });
        return ExitCodes.Ok;
    }
}
