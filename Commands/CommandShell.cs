using System.CommandLine;
using Grpc.Core;

namespace P2P.Commands;

/// <summary>Runs commands: settings and output before, failures mapped to a sentence and an exit code after.</summary>
public sealed class CommandShell(CommonOptions options, CommandHost host)
{
    /// <summary>Makes <paramref name="action"/> what the command does; it returns an exit code or throws.</summary>
    public void Handle(Command command, Func<CommandRun, CancellationToken, Task<int>> action) =>
        command.SetAction((parsed, cancellation) => RunAsync(parsed, action, cancellation));

    async Task<int> RunAsync(ParseResult parsed, Func<CommandRun, CancellationToken, Task<int>> action, CancellationToken cancellation)
    {
        CommandOutput output = options.OpenOutput(parsed, host);
        try
        {
            ClientSettings settings = options.LoadSettings(parsed, host);
            return await action(new CommandRun(parsed, settings, output, host), cancellation);
        }
        catch (Exception e) when (Explain(e, cancellation) is { } failure)
        {
            output.Failure(failure.ExitCode, failure.Message);
            output.Detail(e.ToString());
            return failure.ExitCode;
        }
    }

    // Null for a bug, which shall crash with its stack trace.
    static CommandException? Explain(Exception e, CancellationToken cancellation) => e switch
    {
        CommandException failure => failure,
        SettingsException => new CommandException(ExitCodes.Usage, e.Message),
        _ when cancellation.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } =>
            new CommandException(ExitCodes.Cancelled, "Stopped."),
        RpcException rpc => RpcFailures.Explain(rpc, "The directory"),
        IOException or UnauthorizedAccessException => new CommandException(ExitCodes.Disk, e.Message),
        _ => null,
    };
}
