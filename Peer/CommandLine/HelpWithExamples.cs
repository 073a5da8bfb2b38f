using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace P2P.Peers.CommandLine;

/// <summary>The usual help, then the command's examples and, for the program itself, the exit codes.</summary>
sealed class HelpWithExamples(SynchronousCommandLineAction usual, IReadOnlyDictionary<Command, string[]> examples) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        int result = usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (examples.TryGetValue(parseResult.CommandResult.Command, out string[]? lines))
            WriteList(output, "Examples:", lines);
        if (parseResult.CommandResult.Command is RootCommand)
            WriteList(output, "Exit codes:", ExitCodes.All.Select(c => $"{c.Code,3}  {c.Meaning}"));
        return result;
    }

    // 'root' and all below it share one help option, which System.CommandLine makes recursive.
    public static void Install(RootCommand root, IReadOnlyDictionary<Command, string[]> examples)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((SynchronousCommandLineAction)help.Action!, examples);
    }

    static void WriteList(TextWriter output, string title, IEnumerable<string> lines)
    {
        output.WriteLine(title);
        foreach (string line in lines)
            output.WriteLine("  " + line);
        output.WriteLine();
    }
}
