using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Grpc.Swagger;
using static Grpc.Tests.OpenApi.LibraryDocument;

namespace Grpc.Tests.OpenApi;

public sealed class DocumentTests
{
    [Fact]
    public void Build_Twice_SameBytes()
    {
        Assert.Equal(Build().ToJsonString(), Build().ToJsonString());
        Assert.Equal(YamlWriter.Write(Build()), YamlWriter.Write(Build()));
    }

    [Fact]
    public void Build_Options_AppearInInfo() => AssertJson(
        """{"title":"Library","version":"1.2.3","description":"Books.","contact":{"name":"Thelibrarians","url":"https://example.org/"},"license":{"name":"Apache-2.0","identifier":"Apache-2.0"}}""",
        Build()["info"]);

    [Fact]
    public void Build_NoServers_PathsAreRelative()
    {
        Assert.Equal("3.1.1", (string?)Build()["openapi"]);
        AssertJson("""[{"url":"/"}]""", Build()["servers"]);
        GrpcOpenApiOptions options = Options();
        options.Servers.Add(new Uri("https://a.example/"));
        AssertJson("""[{"url":"https://a.example/"}]""", Build(options: options)["servers"]);
    }

    [Fact]
    public void Build_Services_AreTagsWithTheirComments() => AssertJson(
        """[{"name":"Library","description":"Lendsbooks.\n\nAschemawithoneofeverythingthatthedocumenthastosay."},{"name":"Desk","description":"Thesecondservice."}]""",
        Build()["tags"]);

    [Fact]
    public void Build_PathsAndComponents_AreSorted()
    {
        string[] paths = Names(Build()["paths"]);
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
        string[] schemas = Names(Build().At("components", "schemas"));
        Assert.Equal([.. schemas.SkipLast(1).Order(StringComparer.Ordinal), "StreamError"], schemas);
    }

    [Fact]
    public void Build_AdditionalBindings_AreOperationsWithNumberedIds()
    {
        Assert.Equal("Library_GetBook", (string?)Operation("/v1/shelves/{name}/books/{name_1}", "get")["operationId"]);
        Assert.Equal("Library_GetBook_2", (string?)Operation("/v1/books/{name}", "get")["operationId"]);
        string[] ids = [.. Operations().Select(operation => (string)operation["operationId"]!)];
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void Build_Operations_NameTheirGrpcMethodAndTag() => Assert.All(Operations(), operation =>
        Assert.Equal($"grpc.tests.openapi.{operation["tags"]![0]}/", ((string)operation["x-grpc-method"]!).Split('/')[0] + "/"));

    [Fact]
    public void Build_Comments_SummaryIsTheFirstSentenceAndDescriptionTheRest()
    {
        JsonNode operation = Operation("/v1/books/{name}", "get");
        Assert.Equal("Gets a book", (string?)operation["summary"]);
        Assert.Equal("It may be on a shelf, e.g. the first one.\n\nErrors: NOT_FOUND (NO_SUCH_BOOK, NO_SUCH_SHELF), UNAVAILABLE.", (string?)operation["description"]);
    }

    [Fact]
    public void Build_NoComment_SummaryIsTheName()
    {
        JsonNode operation = Operation("/v1/books/{name}:archive", "post");
        Assert.Equal("ArchiveBook", (string?)operation["summary"]);
        Assert.Null(operation["description"]);
    }

    [Fact]
    public void Build_DeprecatedThings_AreMarkedEverywhere()
    {
        Assert.True((bool)Operation("/v1/books/{name}:archive", "post")["deprecated"]!);
        Assert.True((bool)Property("pin")["deprecated"]!);
        Assert.True((bool)Operation("/v1/books", "get")["parameters"]!.AsArray().Single(p => (string)p!["name"]! == "cursor")!["deprecated"]!);
        Assert.All(Operation("/v1/numbers/{number}/parts/{old}", "get")["parameters"]!.AsArray(), parameter => Assert.True((bool)parameter!["deprecated"]!));
        Assert.Null(Operation("/v1/books", "get")["deprecated"]);
    }

    [Fact]
    public void Build_VerbWithoutAPlace_IsListed() => AssertJson("""["LEND/v1/books/{name}"]""", Build()["x-omitted-routes"]);

    [Fact]
    public void Build_Bidi_IsAbsent() => Assert.DoesNotContain(Operations(), operation => ((string)operation["x-grpc-method"]!).EndsWith("/Talk", StringComparison.Ordinal));

    [Fact]
    public void Build_Include_LeavesOutOperationsAndTheirTag()
    {
        GrpcOpenApiOptions options = Options();
        options.Include = method => method.Service.Name != "Desk";
        JsonObject document = Build(options: options);
        Assert.Single(document["tags"]!.AsArray());
        Assert.DoesNotContain("/v1/ask", Names(document["paths"]));
    }

    [Fact]
    public void Build_References_AllResolve()
    {
        JsonObject document = Build(tokens: TokenUse.Required);
        foreach (string reference in References(document))
        {
            Assert.NotNull(document.At(reference["#/".Length..].Split('/')));
        }
    }

    [Theory]
    [InlineData("One. Two.", "One", "Two.")]
    [InlineData("Only one", "Only one", "")]
    [InlineData("See e.g. this. Then", "See e.g. this", "Then")]
    [InlineData("No stop\n\nSecond. Third.", "No stop", "Second. Third.")]
    [InlineData("Port 1.5 is odd. `x` is.", "Port 1.5 is odd", "`x` is.")]
    public void Split_Comment_AtTheFirstSentence(string comment, string summary, string rest) => Assert.Equal((summary, rest), ProtoComments.Split(comment));

    static IEnumerable<JsonNode> Operations() => Build()["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(pair => pair.Value!);

    static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(pair => pair.Key == "$ref" ? [(string)pair.Value!] : References(pair.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
