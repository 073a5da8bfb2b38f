using System.CommandLine;
using P2P.Commands;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin backup</c>.</summary>
static class BackupCommand
{
    public static CommandDefinition Definition { get; } = new(Create, "p2p-directory admin backup");

    static Command Create(CommandShell shell)
    {
        var command = new Command("backup", "Have the directory write a consistent copy of its store into 'backups' in its data folder");
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var answer = await connection.Client.CreateBackupAsync(new CreateBackupRequest(), connection.Soon(cancellation));
            run.Output.Line($"backups/{answer.Name}: {Quantity.Bytes(answer.Size)}");
            run.Output.Object(new { Event = "backup", answer.Name, answer.Size });
        }, cancellation));
        return command;
    }
}
