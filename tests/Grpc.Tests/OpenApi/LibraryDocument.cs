using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.Swagger;

namespace Grpc.Tests.OpenApi;

/// <summary>The document of library.proto, built anew for each test.</summary>
static class LibraryDocument
{
    public const string Book = "grpc.tests.openapi.Book";

    public static GrpcOpenApiOptions Options() => new GrpcOpenApiOptions
    {
        Title = "Library",
        Version = "1.2.3",
        Description = "Books.",
        License = "Apache-2.0",
        Contact = ("The librarians", new Uri("https://example.org/")),
    }.AddComments(typeof(LibraryDocument).Assembly);

    public static JsonObject Build(GrpcJsonSettings? settings = null, GrpcOpenApiOptions? options = null, TokenUse tokens = TokenUse.None) =>
        OpenApiDocumentBuilder.Build(
            OpenApiRoute.Of(LibraryReflection.Descriptor.Services).Select(route => route with { Tokens = tokens }),
            settings ?? new GrpcJsonSettings { WriteInt64sAsStrings = true },
            options ?? Options());

    public static string Text(JsonNode? node) => node!.ToJsonString(OpenApiJson.Options).ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal);

    /// <summary>The node at a path of member names.</summary>
    public static JsonNode At(this JsonNode node, params string[] path) =>
        path.Aggregate(node, (at, name) => at[name] ?? throw new InvalidOperationException($"no {name} in {at}"));

    public static JsonNode Operation(string path, string verb) => Build().At("paths", path, verb);

    public static JsonNode Property(string name, GrpcJsonSettings? settings = null) => Build(settings).At("components", "schemas", Book, "properties", name);

    public static string[] Strings(JsonNode? array) => [.. array!.AsArray().Select(item => (string)item!)];

    public static string[] Names(JsonNode? map) => [.. map!.AsObject().Select(pair => pair.Key)];

    /// <summary>A JSON text without spaces, to compare with.</summary>
    public static void AssertJson(string expected, JsonNode? actual) => Assert.Equal(Text(JsonNode.Parse(expected)), Text(actual));
}
