using System.CommandLine;

namespace P2P.Commands;

/// <summary>One run of one command: what was asked for, and what it works with.</summary>
/// <param name="Parsed">The command line; options and arguments are read from it.</param>
/// <param name="Settings">Directory, account, folders.</param>
/// <param name="Output">Where to write.</param>
/// <param name="Host">The machine.</param>
public sealed record CommandRun(ParseResult Parsed, ClientSettings Settings, CommandOutput Output, CommandHost Host)
{
    public T? Value<T>(Option<T> option) => Parsed.GetValue(option);

    public T? Value<T>(Argument<T> argument) => Parsed.GetValue(argument);
}
