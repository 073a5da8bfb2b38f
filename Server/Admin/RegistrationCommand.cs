using System.CommandLine;
using P2P.Commands;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin registration</c>: whether unknown users are registered by their first Login.</summary>
static class RegistrationCommand
{
    const string On = "on";

    public static CommandDefinition Definition { get; } = new(Create, "p2p-directory admin registration off");

    static Command Create(CommandShell shell)
    {
        var state = new Argument<string>("STATE") { Description = "Whether they are" };
        state.AcceptOnlyFromAmong(On, "off");
        var command = new Command("registration", "Have unknown users registered by their first login, or not") { state };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var request = new SetRegistrationRequest { Enabled = run.Value(state) == On };
            await connection.Client.SetRegistrationAsync(request, connection.Soon(cancellation));
            run.Output.Line(request.Enabled ? "Unknown users are registered by their first login." : "Accounts come from operators only.");
            run.Output.Object(new { Event = "registration", request.Enabled });
        }, cancellation));
        return command;
    }
}
