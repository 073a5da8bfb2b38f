using System.CommandLine;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer password</c>: changes the password of one's account.</summary>
sealed class PasswordCommand
{
    /// <summary>As the contract has it.</summary>
    const int Shortest = 8;

    readonly Option<string?> _file = new("--new-password-file")
    {
        Description = "File whose first line is the new password [P2P_NEW_PASSWORD; asked for on a terminal]",
        HelpName = "FILE",
    };

    public static CommandDefinition Definition { get; } = new(
        shell => new PasswordCommand().Create(shell),
        "peer password --user ana",
        "peer password --user ana --password-file old.txt --new-password-file new.txt");

    Command Create(CommandShell shell)
    {
        Command command = new("password", "Change the password of your account") { _file };
        shell.Handle(command, RunAsync);
        return command;
    }

    async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        string user = run.Settings.User ?? throw new CommandException(ExitCodes.Usage, "Say whose password: --user NAME.");
        string current = run.Settings.Password ?? PasswordPrompt.Ask(run.Host, user);
        string changed = NewPassword(run, user);
        if (changed.Length < Shortest)
            throw new CommandException(ExitCodes.Usage, $"A password has at least {Shortest} characters.");
        CommandRun known = run with { Settings = run.Settings with { Password = current } };
        await using DirectoryConnection directory = await DirectoryConnection.OpenAsync(known, cancellation);
        await directory.Client.ChangePasswordAsync(
            new ChangePasswordRequest { CurrentPassword = current, NewPassword = changed }, directory.Soon(cancellation));
        run.Output.Line($"The password of {user} is changed; its other sessions have ended. Start what shares as {user} again with the new one.");
        run.Output.Object(new { Event = "password", User = user });
        return ExitCodes.Ok;
    }

    string NewPassword(CommandRun run, string user)
    {
        if (run.Value(_file) is { } file)
            return ClientSettingsLoader.ReadPassword(file);
        if (run.Host.Environment.GetValueOrDefault("P2P_NEW_PASSWORD") is { Length: > 0 } given)
            return given;
        return PasswordPrompt.AskNew(run.Host, user, "A new password is needed: in P2P_NEW_PASSWORD or --new-password-file, or typed on a terminal.");
    }
}
