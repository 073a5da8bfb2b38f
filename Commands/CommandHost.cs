using System.Collections;

namespace P2P.Commands;

/// <summary>What a command sees of the machine; tests give their own.</summary>
/// <param name="Environment">Environment variables.</param>
/// <param name="Input">Standard input.</param>
/// <param name="Out">Results.</param>
/// <param name="Error">Failures, and progress in plain lines.</param>
/// <param name="Interactive">Standard input and standard error are a terminal: progress is drawn, a password may be asked for.</param>
/// <param name="Time">The clock.</param>
public sealed record CommandHost(
    IReadOnlyDictionary<string, string> Environment, TextReader Input, TextWriter Out, TextWriter Error, bool Interactive, TimeProvider Time)
{
    const int OutputBuffer = 16 * 1024;

    public static CommandHost OfThisProcess()
    {
        var environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal);
        bool interactive = !Console.IsInputRedirected && !Console.IsErrorRedirected;
        return new CommandHost(environment, Console.In, Output(), Console.Error, interactive, TimeProvider.System);
    }

    // Console.Out itself passes on 256 characters at a time, each with a call of the system.
    static TextWriter Output() => TextWriter.Synchronized(
        new StreamWriter(Console.OpenStandardOutput(), Console.Out.Encoding, OutputBuffer) { AutoFlush = true });
}
