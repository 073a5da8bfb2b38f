using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Harness;

/// <summary>Programs of others, run to their end.</summary>
static class Shell
{
    public static string Curl => ForeignTool.Program("curl", "apt-get install curl");

    public static async Task<string> RunAsync(string program, CancellationToken stop, params string[] arguments)
    {
        var (exitCode, output, errors) = await TryAsync(program, stop, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}:\n{output}{errors}");
        return output;
    }

    public static async Task<(int ExitCode, string Output, string Errors)> TryAsync(
        string program, CancellationToken stop, params string[] arguments)
    {
        await using var process = ForeignProcess.Start(program, arguments);
        return await process.CompleteAsync(stop);
    }

    /// <summary>The SHA-256 of a file by an independent tool.</summary>
    public static async Task<string> Sha256SumAsync(string path, CancellationToken stop) =>
        (await RunAsync("sha256sum", stop, path)).Split(' ')[0].TrimStart('\\');
}
