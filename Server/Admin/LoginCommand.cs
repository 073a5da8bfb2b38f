using System.CommandLine;
using Grpc.Core;
using P2P.Commands;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Admin;

/// <summary><c>admin login</c>: keeps a session for the commands that follow, and registers an operator by its single-use code.</summary>
sealed class LoginCommand
{
    readonly Option<bool> _code = new("--code")
    {
        Description = "Register with a single-use code, or set a forgotten password anew by one: in P2P_INVITATION or --code-file, or typed on a terminal",
    };

    readonly Option<string?> _codeFile = new("--code-file") { Description = "File whose first line is the code", HelpName = "FILE" };

    public static CommandDefinition Definition { get; } = new(
        shell => new LoginCommand().Create(shell),
        "p2p-directory admin login --user boss",
        "p2p-directory admin login --user boss --code",
        "p2p-directory admin login --user boss --password-file p --code-file operator-code");

    Command Create(CommandShell shell)
    {
        var command = new Command("login", "Log in, and keep the session for the commands that follow, for as long as the directory lets it live")
        {
            _code, _codeFile,
        };
        shell.Handle(command, RunAsync);
        return command;
    }

    async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        var user = run.Settings.User ?? throw new CommandException(ExitCodes.Usage, "Say whose account: --user NAME.");
        var code = Code(run, user);
        var password = run.Settings.Password ?? (code is null ? PasswordPrompt.Ask(run.Host, user) : PasswordPrompt.AskNew(run.Host, user));
        await using var connection = OperatorConnection.Open(run);
        var login = await connection.LoginAsync(user, password, code, cancellation);
        await RequireOperatorAsync(connection, user, cancellation);
        var kept = KeptLogins.Of(run.Host.Environment);
        kept.Keep(run.Settings.Directory, user, login.Token);
        connection.Leave();
        run.Output.Line($"Logged in to {run.Settings.Directory} as {user}; the session is kept in {kept.File} for {Quantity.Time(TimeSpan.FromSeconds(login.LeaseSeconds))}.");
        run.Output.Object(new { Event = "login", User = user, Directory = run.Settings.Directory.ToString(), Kept = kept.File });
        return ExitCodes.Ok;
    }

    string? Code(CommandRun run, string user) =>
        run.Value(_codeFile) is { } file ? ClientSettingsLoader.ReadSecret(file, "code")
        : run.Settings.Invitation is { } given ? given
        : run.Value(_code) ? PasswordPrompt.Ask(run.Host, user, "Code for", "A code is given in P2P_INVITATION or --code-file.")
        : null;

    static async Task RequireOperatorAsync(OperatorConnection connection, string user, CancellationToken cancellation)
    {
        try
        {
            await connection.Client.ListAccountsAsync(new ListAccountsRequest { PageSize = 1 }, connection.Soon(cancellation));
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
        {
            throw new CommandException(
                ExitCodes.Refused, $"{user} is no operator of this directory. Another operator makes it one by 'p2p-directory admin accounts role {user} operator'.", refused);
        }
    }
}

/// <summary><c>admin logout</c>: ends the session that was kept.</summary>
static class LogoutCommand
{
    public static CommandDefinition Definition { get; } = new(Create, "p2p-directory admin logout");

    static Command Create(CommandShell shell)
    {
        var command = new Command("logout", "End the session that 'login' kept");
        shell.Handle(command, RunAsync);
        return command;
    }

    static async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        var kept = KeptLogins.Of(run.Host.Environment);
        if (kept.Of(run.Settings.Directory).Where(login => run.Settings.User is null || login.User == run.Settings.User).ToList() is not [var known])
        {
            throw new CommandException(ExitCodes.NotFound, $"No login to {run.Settings.Directory} is kept, or several are: say which by --user.");
        }

        await using var connection = OperatorConnection.Open(run, known.Token);
        try
        {
            await connection.Directory.LogoutAsync(new LogoutRequest(), connection.Soon(cancellation));
        }
        catch (RpcException over) when (over.StatusCode == StatusCode.Unauthenticated)
        {
            // It is over already.
        }

        kept.Forget(known.Token);
        run.Output.Line("Logged out.");
        run.Output.Object(new { Event = "logout" });
        return ExitCodes.Ok;
    }
}
