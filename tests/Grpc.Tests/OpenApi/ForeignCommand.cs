using System.Diagnostics;

namespace Grpc.Tests.OpenApi;

/// <summary>Runs a program of others in a folder; a failure shows what it said.</summary>
static class ForeignCommand
{
    public static async Task RunAsync(string program, IEnumerable<string> arguments, string folder, string nodeModules)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NODE_PATH"] = nodeModules;
        start.Environment["REDOCLY_TELEMETRY"] = "off";
        start.Environment["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}:\n{output}\n{await errors}");
    }
}
