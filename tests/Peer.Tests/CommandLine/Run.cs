using P2P.Peers.CommandLine;

namespace P2P.Peers.Tests.CommandLine;

/// <summary>One run of the program inside the test, with an environment of its own.</summary>
sealed record Run(int Code, string Out, string Error)
{
    public static Task<Run> Async(string command, params string[] more) => InAsync([], "", command, more);

    public static async Task<Run> InAsync(
        Dictionary<string, string> environment, string input, string command, params string[] more)
    {
        using StringWriter output = new(), error = new();
        using P2P.Toolbox.TemporaryFolder data = new();
        // No test shall find the settings of whoever runs it, or write into its data.
        Dictionary<string, string> alone = new(environment);
        alone.TryAdd("XDG_CONFIG_HOME", "/nonexistent");
        alone.TryAdd("P2P_DATA", data.File("peer"));
        CommandHost host = new(alone, new StringReader(input), output, error, Interactive: false, TimeProvider.System);
        string[] args = [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. more];
        int code = await PeerProgram.RunAsync(args, host, TestContext.Current.CancellationToken);
        return new Run(code, output.ToString(), error.ToString());
    }
}
