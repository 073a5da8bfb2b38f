using P2P.EndToEnd.Tests.Harness;
using P2P.Toolbox;

namespace P2P.EndToEnd.Tests.Strangers;

/// <summary>The directory's own OpenAPI document, as linters and a type generator of others read it.</summary>
public sealed class OpenApiTests
{
    const string Uses =
        """
        import type { components, paths } from "./directory";
        type Login = components["schemas"]["p2p.directory.v1.LoginRequest"];
        const login: Login = { user: "peer1", password: "per1234", archivos: "file1.txt" };
        type Hits = paths["/search"]["post"]["responses"][200]["content"]["application/json"];
        const hits: Hits = { hits: [{ name: "file1.txt", sourceCount: 1 }] };
        // @ts-expect-error the user is required
        const nobody: Login = { password: "per1234" };
        export { login, hits, nobody };
        """;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("json")]
    [InlineData("yaml")]
    public Task Document_ByLinters_HasNoError(string format) => WithDocumentAsync(format, async (tool, folder, document) =>
    {
        await File.WriteAllTextAsync(folder.File(".spectral.yaml"), "extends: [\"spectral:oas\"]\n", Stop);
        await tool("redocly", ["lint", document]);
        await tool("spectral", ["lint", "--fail-severity", "error", document]);
    });

    [Fact]
    public Task Document_ByTypeGenerator_GivesTypesThatCompile() => WithDocumentAsync("json", async (tool, folder, document) =>
    {
        await File.WriteAllTextAsync(folder.File("use.ts"), Uses, Stop);
        await tool("openapi-typescript", [document, "-o", "directory.ts"]);
        await tool("tsc", ["--noEmit", "--strict", "--module", "nodenext", "use.ts"]);
    });

    static async Task WithDocumentAsync(string format, Func<Func<string, string[], Task>, TemporaryFolder, string, Task> test)
    {
        var modules = ForeignTool.NodeModules("@redocly/cli", "@stoplight/spectral-cli", "openapi-typescript", "typescript");
        using var folder = new TemporaryFolder();
        await using var directory = await RunningDirectory.StartAsync(folder.File("data"), Stop);
        var document = $"directory.{format}";
        await Shell.RunAsync(
            Shell.Curl, Stop, "-sS", "-f", "-o", folder.File(document), new Uri(directory.Address, $"/openapi/v1.{format}").ToString());
        await test((tool, arguments) => RunAsync(tool, arguments, modules, folder.Path), folder, document);
    }

    static async Task RunAsync(string tool, string[] arguments, string modules, string folder)
    {
        await using var process = ForeignProcess.Start(
            Path.Combine(modules, ".bin", tool),
            arguments,
            new Dictionary<string, string>
            {
                ["NODE_PATH"] = modules,
                ["REDOCLY_TELEMETRY"] = "off",
                ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true",
            },
            folder);
        var (exitCode, output, errors) = await process.CompleteAsync(Stop);
        Assert.True(exitCode == 0, $"{tool} ended with {exitCode}:\n{output}{errors}");
    }
}
