using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;

namespace P2P.Peers.CommandLine;

/// <summary>The program: its commands, and how a run ends.</summary>
public static class PeerProgram
{
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CommandHost host, CancellationToken cancellation)
    {
        ParseResult parsed = CreateCommands(host).Parse(args);
        InvocationConfiguration invocation = new()
        {
            Output = host.Out,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        if (parsed.Action is ParseErrorAction)
            return Misused(parsed, parsed.Errors.Select(e => e.Message), host);
        if (MistypedOption(parsed) is { } option)
            return Misused(parsed, [$"There is no option {option}. A name that begins so goes behind --."], host);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using IDisposable interrupt = StopOn(PosixSignal.SIGINT, stop), terminate = StopOn(PosixSignal.SIGTERM, stop);
        return await parsed.InvokeAsync(invocation, stop.Token);
    }

    static RootCommand CreateCommands(CommandHost host)
    {
        RootCommand root = new("Shares folders, finds files that others share, and fetches them from all who have them.");
        CommonOptions options = new();
        options.AddTo(root);
        CommandShell shell = new(options, host);
        Dictionary<Command, string[]> examples = new() { [root] = ["peer share ~/music", "peer search beethoven", "peer get symphony.flac"] };
        foreach (CommandDefinition definition in CommandDefinition.All)
        {
            Command command = definition.Create(shell);
            root.Add(command);
            examples[command] = definition.Examples;
        }

        HelpWithExamples.Install(root, examples);
        return root;
    }

    // System.CommandLine takes an unknown option for a name, and peer would go and search for it.
    static string? MistypedOption(ParseResult parsed) => parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash)
        ? null
        : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value)
            .FirstOrDefault(value => value.Length > 1 && value[0] == '-');

    static int Misused(ParseResult parsed, IEnumerable<string> messages, CommandHost host)
    {
        foreach (string message in messages.Distinct())
            host.Error.WriteLine("peer: " + SafeText.Escape(message));
        string command = parsed.CommandResult.Command is RootCommand ? "peer" : "peer " + parsed.CommandResult.Command.Name;
        host.Error.WriteLine($"Try '{command} --help'.");
        return ExitCodes.Usage;
    }

    // The first signal asks the command to stop and lets it tidy up; a second one ends the process as usual.
    static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });
}
