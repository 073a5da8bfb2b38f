using Microsoft.AspNetCore.Grpc.Swagger;
using P2P.Toolbox;
using static Grpc.Tests.OpenApi.LibraryDocument;

namespace Grpc.Tests.OpenApi;

/// <summary>Linters and a type generator of others find no error in the document, as JSON and as YAML.</summary>
public sealed class StrangersTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public StrangersTests()
    {
        File.WriteAllText(Path.Combine(_folder, "library.json"), Build(tokens: TokenUse.Required).ToJsonString(OpenApiJson.Options));
        File.WriteAllText(Path.Combine(_folder, "library.yaml"), YamlWriter.Write(Build(tokens: TokenUse.Required)));
        File.WriteAllText(Path.Combine(_folder, ".spectral.yaml"), "extends: [\"spectral:oas\"]\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("library.json")]
    [InlineData("library.yaml")]
    public async Task Redocly_Lint_FindsNoError(string file)
    {
        string modules = ForeignTool.NodeModules("@redocly/cli");
        await ForeignCommand.RunAsync(Path.Combine(modules, ".bin", "redocly"), ["lint", file], _folder, modules);
    }

    [Theory]
    [InlineData("library.json")]
    [InlineData("library.yaml")]
    public async Task Spectral_Lint_FindsNoError(string file)
    {
        string modules = ForeignTool.NodeModules("@stoplight/spectral-cli");
        await ForeignCommand.RunAsync(Path.Combine(modules, ".bin", "spectral"), ["lint", "--fail-severity", "error", file], _folder, modules);
    }

    [Fact]
    public async Task OpenApiTypescript_Types_Compile()
    {
        string modules = ForeignTool.NodeModules("openapi-typescript", "typescript");
        await ForeignCommand.RunAsync(Path.Combine(modules, ".bin", "openapi-typescript"), ["library.json", "-o", "library.ts"], _folder, modules);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "use.ts"),
            """
            import type { components, paths } from "./library";
            type Book = components["schemas"]["grpc.tests.openapi.Book"];
            const book: Book = { name: "Moby", size: "12", subject: "SUBJECT_SEA", authors: ["M"], subtitle: null, box: "b" };
            type Answer = paths["/v1/books/{name}"]["get"]["responses"][200]["content"]["application/json"];
            const answer: Answer = book;
            // @ts-expect-error a 64-bit integer is a string
            const wrong: Book = { name: "x", size: 12 };
            // @ts-expect-error the name is required
            const nameless: Book = {};
            export { answer, wrong, nameless };
            """,
            TestContext.Current.CancellationToken);
        await ForeignCommand.RunAsync(Path.Combine(modules, ".bin", "tsc"), ["--noEmit", "--strict", "--module", "nodenext", "use.ts"], _folder, modules);
    }
}
