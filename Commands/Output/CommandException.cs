namespace P2P.Commands;

/// <summary>A command cannot go on. Thrown by commands, caught once, at the edge of the program.</summary>
public sealed class CommandException : Exception
{
    /// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
    /// <param name="message">A sentence for the user; foreign text in it need not be escaped yet.</param>
    /// <param name="inner">What caused it, shown with <c>--verbose</c>.</param>
    public CommandException(int exitCode, string message, Exception? inner = null)
        : base(message, inner) => ExitCode = exitCode;

    public int ExitCode { get; }

    /// <summary>The outcome of several failures together: their code if they agree, else <see cref="ExitCodes.Failed"/>.</summary>
    public static int Combine(int first, int second) =>
        first == ExitCodes.Ok || first == second ? second : second == ExitCodes.Ok ? first : ExitCodes.Failed;
}
