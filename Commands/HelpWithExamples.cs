using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace P2P.Commands;

/// <summary>The usual help, then the command's examples and, for the one that stands for them all, the exit codes.</summary>
public sealed class HelpWithExamples : SynchronousCommandLineAction
{
    readonly SynchronousCommandLineAction _usual;
    readonly IReadOnlyDictionary<Command, string[]> _examples;
    readonly Command _exitCodesOf;

    HelpWithExamples(SynchronousCommandLineAction usual, IReadOnlyDictionary<Command, string[]> examples, Command exitCodesOf) =>
        (_usual, _examples, _exitCodesOf) = (usual, examples, exitCodesOf);

    public override int Invoke(ParseResult parseResult)
    {
        int result = _usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (_examples.TryGetValue(parseResult.CommandResult.Command, out string[]? lines))
            WriteList(output, "Examples:", lines);
        if (parseResult.CommandResult.Command == _exitCodesOf)
            WriteList(output, "Exit codes:", ExitCodes.All.Select(c => $"{c.Code,3}  {c.Meaning}"));
        return result;
    }

    /// <summary>Has a program's help show more. The root and all below it share one help option, which System.CommandLine makes recursive.</summary>
    /// <param name="root">The program.</param>
    /// <param name="examples">Of its commands.</param>
    /// <param name="exitCodesOf">The command whose help lists the exit codes.</param>
    public static void Install(RootCommand root, IReadOnlyDictionary<Command, string[]> examples, Command exitCodesOf)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((SynchronousCommandLineAction)help.Action!, examples, exitCodesOf);
    }

    static void WriteList(TextWriter output, string title, IEnumerable<string> lines)
    {
        output.WriteLine(title);
        foreach (string line in lines)
            output.WriteLine("  " + line);
        output.WriteLine();
    }
}
