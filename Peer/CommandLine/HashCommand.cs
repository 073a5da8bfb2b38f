using System.CommandLine;
using P2P.Content;

namespace P2P.Peers.CommandLine;

/// <summary><c>peer hash</c>: roots of local files.</summary>
static class HashCommand
{
    public static CommandDefinition Definition { get; } = new(Create, "peer hash image.iso", "peer hash --json *.flac");

    static Command Create(CommandShell shell)
    {
        Argument<string[]> files = new("FILE") { Arity = ArgumentArity.OneOrMore, Description = "Files to hash" };
        Command command = new("hash", "Print root (BitTorrent v2 pieces root) and length of files") { files };
        shell.Handle(command, (run, cancellation) => RunAsync(run, run.Value(files)!, cancellation));
        return command;
    }

    static async Task<int> RunAsync(CommandRun run, string[] files, CancellationToken cancellation)
    {
        int outcome = ExitCodes.Ok;
        foreach (string file in files)
        {
            int one = await HashAsync(run, file, cancellation);
            outcome = CommandException.Combine(outcome, one);
        }

        return outcome;
    }

    static async Task<int> HashAsync(CommandRun run, string path, CancellationToken cancellation)
    {
        try
        {
            FileHash? hash = await FileHasher.HashAsync(path, Environment.ProcessorCount, progress: null, cancellation);
            if (hash is null)
                return Fail(run, ExitCodes.Damaged, $"{path} changed while it was read.");
            run.Output.Line($"{hash.Content.Root}  {hash.Content.Length,14}  {path}");
            run.Output.Object(new { Path = path, Root = hash.Content.Root.ToString(), hash.Content.Length });
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Fail(run, ExitCodes.NotFound, $"{path}: no such file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(run, ExitCodes.Disk, $"{path} cannot be read: {e.Message}");
        }
    }

    static int Fail(CommandRun run, int code, string message)
    {
        run.Output.Failure(code, message);
        return code;
    }
}
