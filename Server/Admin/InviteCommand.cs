using System.CommandLine;
using P2P.Commands;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin invite</c>: a code with which someone registers under a name of its own choice.</summary>
static class InviteCommand
{
    const int MostHours = 365 * 24;

    public static CommandDefinition Definition { get; } = new(
        Create, "p2p-directory admin invite", "p2p-directory admin invite --role reader --group lab --hours 24");

    static Command Create(CommandShell shell)
    {
        var (role, groups) = (Words.RoleOption(), Words.GroupOption());
        var hours = new Option<int?>("--hours") { Description = "For how long it is good [168]", HelpName = "N" };
        var command = new Command("invite", "Make a single-use code with which someone may register") { role, groups, hours };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var request = new CreateInvitationRequest { Role = Words.ToRole(run.Value(role)!), Groups = { run.Value(groups) ?? [] } };
            if (run.Value(hours) is { } limit)
            {
                request.ExpiresInSeconds = limit is >= 1 and <= MostHours
                    ? limit * 3600
                    : throw new CommandException(ExitCodes.Usage, $"--hours is {limit}, but must be a whole number from 1 to {MostHours}.");
            }

            var answer = await connection.Client.CreateInvitationAsync(request, connection.Soon(cancellation));
            Words.TellCode(run, "whom you invite", answer.Invitation, Times.Read(answer.Expires));
        }, cancellation));
        return command;
    }
}
