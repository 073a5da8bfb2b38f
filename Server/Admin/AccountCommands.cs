using System.CommandLine;
using P2P.Commands;
using P2P.Content;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin accounts</c>.</summary>
static class AccountCommands
{
    public static CommandDefinition Definition { get; } = AdminProgram.Below(
        "accounts", "Who may log in, and as what",
        new CommandDefinition(CreateList, "p2p-directory admin accounts list"),
        new CommandDefinition(
            CreateCreate, "p2p-directory admin accounts create ana --group lab", "p2p-directory admin accounts create ana --role reader --new-password-file p"),
        new CommandDefinition(CreateRole, "p2p-directory admin accounts role ana operator"),
        new CommandDefinition(shell => CreateDisabled(shell, "disable", "Bar an account; its sessions end at once", isDisabled: true), "p2p-directory admin accounts disable ana"),
        new CommandDefinition(shell => CreateDisabled(shell, "enable", "Let a barred account log in again", isDisabled: false), "p2p-directory admin accounts enable ana"),
        new CommandDefinition(CreateReset, "p2p-directory admin accounts reset-password ana"));

    static Argument<string> User() => new("NAME") { Description = "The account" };

    static Command CreateList(CommandShell shell)
    {
        var command = new Command("list", "List all accounts by name");
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var accounts = await ListAsync(connection, cancellation);
            run.Output.Table(
                [new("ACCOUNT"), new("ROLE"), new("GROUPS", Wraps: true), new("SESSIONS", Right: true), new("STATE"), new("CREATED")],
                accounts.Select(account => (string[])
                [
                    account.User, Words.Of(account.Role), string.Join(", ", account.Groups), $"{account.Sessions}",
                    account.Disabled ? "disabled" : "", Words.Of(Times.Read(account.Created)),
                ]));
            run.Output.Object(new { Accounts = accounts.Select(Words.ToSummary) });
        }, cancellation));
        return command;
    }

    /// <summary>All accounts, page after page.</summary>
    public static Task<IReadOnlyList<Account>> ListAsync(OperatorConnection connection, CancellationToken cancellation) =>
        Pages.AllAsync<Account>(async token =>
        {
            var page = await connection.Client.ListAccountsAsync(
                new ListAccountsRequest { PageSize = Pages.Size, PageToken = token }, connection.Soon(cancellation));
            return (page.Accounts, page.NextPageToken);
        });

    static Command CreateCreate(CommandShell shell)
    {
        var (user, role, groups) = (User(), Words.RoleOption(), Words.GroupOption());
        var passwordFile = new Option<string?>("--new-password-file")
        {
            Description = "File whose first line is its password [P2P_NEW_PASSWORD; none, but a single-use code for its owner to set one]",
            HelpName = "FILE",
        };
        var command = new Command("create", "Make an account") { user, role, groups, passwordFile };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var request = new CreateAccountRequest
            {
                User = run.Value(user)!,
                Role = Words.ToRole(run.Value(role)!),
                Groups = { run.Value(groups) ?? [] },
            };
            if (NewPassword(run, passwordFile) is { } password)
            {
                request.Password = password;
            }

            var answer = await connection.Client.CreateAccountAsync(request, connection.Soon(cancellation));
            Words.Tell(run, answer.Account);
            if (answer.Invitation.Length > 0)
            {
                Words.TellCode(run, answer.Account.User, answer.Invitation);
            }
        }, cancellation));
        return command;
    }

    static string? NewPassword(CommandRun run, Option<string?> option) =>
        run.Value(option) is { } file ? ClientSettingsLoader.ReadPassword(file)
        : run.Host.Environment.GetValueOrDefault("P2P_NEW_PASSWORD") is { Length: > 0 } given ? given
        : null;

    static Command CreateRole(CommandShell shell)
    {
        var (user, role) = (User(), Words.RoleArgument());
        var command = new Command("role", "Change what an account may do; as a reader it shares nothing from then on") { user, role };
        shell.Handle(command, (run, cancellation) => UpdateAsync(
            run, new UpdateAccountRequest { User = run.Value(user)!, Role = Words.ToRole(run.Value(role)!) }, cancellation));
        return command;
    }

    static Command CreateDisabled(CommandShell shell, string name, string description, bool isDisabled)
    {
        var user = User();
        var command = new Command(name, description) { user };
        shell.Handle(command, (run, cancellation) => UpdateAsync(
            run, new UpdateAccountRequest { User = run.Value(user)!, Disabled = isDisabled }, cancellation));
        return command;
    }

    /// <summary>Changes one account and tells what it is now.</summary>
    public static Task<int> UpdateAsync(CommandRun run, UpdateAccountRequest request, CancellationToken cancellation) =>
        OperatorConnection.UseAsync(
            run,
            async connection => Words.Tell(run, (await connection.Client.UpdateAccountAsync(request, connection.Soon(cancellation))).Account),
            cancellation);

    static Command CreateReset(CommandShell shell)
    {
        var user = User();
        var command = new Command("reset-password", "Forget an account's password and keys, end its sessions, and give a code to set a new password") { user };
        shell.Handle(command, (run, cancellation) => OperatorConnection.UseAsync(run, async connection =>
        {
            var request = new ResetPasswordRequest { User = run.Value(user)! };
            var answer = await connection.Client.ResetPasswordAsync(request, connection.Soon(cancellation));
            Words.TellCode(run, request.User, answer.Invitation);
        }, cancellation));
        return command;
    }
}
