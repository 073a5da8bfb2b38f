using System.CommandLine;

namespace P2P.Peers.CommandLine;

/// <summary>A command, and how its help shows it in use.</summary>
/// <param name="Create">Makes the command and gives its action to the shell.</param>
/// <param name="Examples">Command lines, simplest first.</param>
public sealed record CommandDefinition(Func<CommandShell, Command> Create, params string[] Examples)
{
    /// <summary>All commands, in the order in which help lists them.</summary>
    public static IReadOnlyList<CommandDefinition> All { get; } =
    [
        ShareCommand.Definition,
        SearchCommand.Definition,
        GetCommand.Definition,
        FetchCommand.Definition,
        PutCommand.Definition,
        PeersCommand.Definition,
        ListCommand.Definition,
        HashCommand.Definition,
        StatusCommand.Definition,
        LogoutCommand.Definition,
        PasswordCommand.Definition,
    ];
}
