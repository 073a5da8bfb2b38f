using System.CommandLine;
using P2P.Commands;

namespace P2P.Server.Admin;

/// <summary>What every command of an operator may be told, beside what all programs' commands are.</summary>
static class AdminOptions
{
    const string TokenVariable = "P2P_TOKEN";

    static readonly Option<string?> TokenFile = new("--token-file")
    {
        Description = $"File whose first line is the token of a session, in place of a password [{TokenVariable}; the one that 'admin login' kept]",
        HelpName = "FILE",
        Recursive = true,
    };

    public static void AddTo(Command command) => command.Add(TokenFile);

    /// <summary>The token that the command was given; null for none.</summary>
    /// <exception cref="SettingsException">The file cannot be read.</exception>
    public static string? Token(CommandRun run) =>
        run.Value(TokenFile) is { } file ? ClientSettingsLoader.ReadSecret(file, "token")
        : run.Host.Environment.GetValueOrDefault(TokenVariable) is { Length: > 0 } token ? token
        : null;
}
