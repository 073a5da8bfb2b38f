using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;

namespace P2P.Commands;

/// <summary>A program of commands, and how a run of it ends.</summary>
/// <param name="name">The program, as its users call it.</param>
/// <param name="root">All its commands.</param>
/// <param name="host">The machine.</param>
public sealed class CommandProgram(string name, RootCommand root, CommandHost host)
{
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellation)
    {
        ParseResult parsed = root.Parse(args);
        InvocationConfiguration invocation = new()
        {
            Output = host.Out,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        if (parsed.Action is ParseErrorAction)
            return Misused(parsed, parsed.Errors.Select(e => e.Message));
        if (MistypedOption(parsed) is { } option)
            return Misused(parsed, [$"There is no option {option}. A name that begins so goes behind --."]);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using IDisposable interrupt = StopOn(PosixSignal.SIGINT, stop), terminate = StopOn(PosixSignal.SIGTERM, stop);
        return await parsed.InvokeAsync(invocation, stop.Token);
    }

    // System.CommandLine takes an unknown option for a name, and the command would go and look for it.
    static string? MistypedOption(ParseResult parsed) => parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash)
        ? null
        : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value)
            .FirstOrDefault(value => value.Length > 1 && value[0] == '-');

    int Misused(ParseResult parsed, IEnumerable<string> messages)
    {
        foreach (string message in messages.Distinct())
            host.Error.WriteLine($"{name}: {SafeText.Escape(message)}");
        host.Error.WriteLine($"Try '{string.Join(' ', Names(parsed.CommandResult).Prepend(name))} --help'.");
        return ExitCodes.Usage;
    }

    // From the program's own command down.
    static IEnumerable<string> Names(SymbolResult? result) => result is CommandResult { Command: not RootCommand } command
        ? [.. Names(command.Parent), command.Command.Name]
        : [];

    // The first signal asks the command to stop and lets it tidy up; a second one ends the process as usual.
    static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });
}
