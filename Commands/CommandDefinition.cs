using System.CommandLine;

namespace P2P.Commands;

/// <summary>A command, and how its help shows it in use.</summary>
/// <param name="Create">Makes the command and gives its action to the shell.</param>
/// <param name="Examples">Command lines, simplest first.</param>
public sealed record CommandDefinition(Func<CommandShell, Command> Create, params string[] Examples)
{
    /// <summary>Makes the commands below another one, in the order in which help lists them, and has help show their examples.</summary>
    /// <param name="parent">The program, or a command of commands.</param>
    /// <param name="definitions">What goes below it.</param>
    /// <param name="shell">Runs them.</param>
    /// <param name="examples">Grows by theirs.</param>
    public static void AddAll(
        Command parent, IEnumerable<CommandDefinition> definitions, CommandShell shell, Dictionary<Command, string[]> examples)
    {
        foreach (CommandDefinition definition in definitions)
        {
            Command command = definition.Create(shell);
            parent.Add(command);
            examples[command] = definition.Examples;
        }
    }
}
