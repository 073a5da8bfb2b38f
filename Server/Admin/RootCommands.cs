using System.CommandLine;
using P2P.Commands;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin roots</c>.</summary>
static class RootCommands
{
    public static CommandDefinition Definition { get; } = AdminProgram.Below(
        "roots", "What nobody is told of",
        new CommandDefinition(
            shell => Create(shell, "take-down", "Hide a root from every answer", isLift: false), "p2p-directory admin roots take-down ROOT --reason 'case 123'"),
        new CommandDefinition(shell => Create(shell, "restore", "Show a root again that was taken down", isLift: true), "p2p-directory admin roots restore ROOT"));

    static Command Create(CommandShell shell, string name, string description, bool isLift)
    {
        var root = new Argument<string>("ROOT") { Description = "Pieces root, 64 hex digits; 'peer search' shows it" };
        var reason = BlockCommand.ReasonOption();
        var command = new Command(name, description) { root, reason };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var request = new TakeDownRequest { Root = run.Value(root)!.ToLowerInvariant(), Lift = isLift, Reason = run.Value(reason) ?? "" };
            await connection.Client.TakeDownAsync(request, connection.Soon(cancellation));
            var state = isLift ? "shown again" : "taken down";
            run.Output.Line($"{request.Root}: {state}");
            run.Output.Object(new { Event = "root", request.Root, State = state });
        }, cancellation));
        return command;
    }
}
