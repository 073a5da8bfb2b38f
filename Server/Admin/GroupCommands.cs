using System.CommandLine;
using P2P.Commands;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin groups</c>: who finds what is shared for a group. A group is there as long as somebody is in it.</summary>
static class GroupCommands
{
    public static CommandDefinition Definition { get; } = AdminProgram.Below(
        "groups", "Who finds what is shared for a group",
        new CommandDefinition(CreateList, "p2p-directory admin groups list"),
        new CommandDefinition(
            shell => CreateChange(shell, "add", "Put accounts into a group", (request, group) => request.AddGroups.Add(group)),
            "p2p-directory admin groups add lab ana bob"),
        new CommandDefinition(
            shell => CreateChange(shell, "remove", "Take accounts out of a group", (request, group) => request.RemoveGroups.Add(group)),
            "p2p-directory admin groups remove lab bob"));

    static Command CreateList(CommandShell shell)
    {
        var command = new Command("list", "List the groups and who is in them");
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var groups = ByGroup(await AccountCommands.ListAsync(connection, cancellation));
            run.Output.Table(
                [new("GROUP"), new("ACCOUNTS", Wraps: true)],
                groups.Select(group => (string[])[group.Group, string.Join(", ", group.Users)]));
            run.Output.Object(new { Groups = groups.Select(group => new { group.Group, group.Users }) });
        }, cancellation));
        return command;
    }

    /// <summary>By name, each with its accounts by name.</summary>
    public static IReadOnlyList<(string Group, IReadOnlyList<string> Users)> ByGroup(IEnumerable<Account> accounts) =>
    [
        .. accounts.SelectMany(account => account.Groups, (account, group) => (account.User, Group: group))
            .GroupBy(entry => entry.Group, entry => entry.User, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, (IReadOnlyList<string>)[.. group.Order(StringComparer.Ordinal)])),
    ];

    static Command CreateChange(CommandShell shell, string name, string description, Action<UpdateAccountRequest, string> change)
    {
        var group = new Argument<string>("GROUP") { Description = "The group" };
        var users = new Argument<string[]>("ACCOUNT") { Description = "Accounts", Arity = ArgumentArity.OneOrMore };
        var command = new Command(name, description) { group, users };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            foreach (var user in run.Value(users)!)
            {
                var request = new UpdateAccountRequest { User = user };
                change(request, run.Value(group)!);
                Words.Tell(run, (await connection.Client.UpdateAccountAsync(request, connection.Soon(cancellation))).Account);
            }
        }, cancellation));
        return command;
    }
}
