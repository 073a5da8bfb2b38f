using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.Swagger;
using static Grpc.Tests.OpenApi.LibraryDocument;

namespace Grpc.Tests.OpenApi;

public sealed class OperationTests
{
    static readonly MessageDescriptor s_update = UpdateBookRequest.Descriptor;

    static string[] Parameters(string path, string verb) =>
        [.. Operation(path, verb)["parameters"]!.AsArray().Select(parameter => $"{parameter!["in"]} {parameter["name"]}")];

    [Theory]
    [InlineData("/v1/{book.name=shelves/*/books/*}:go", "/v1/shelves/{book.name}/books/{book.name_1}:go")]
    [InlineData("/v1/{update_mask}", "/v1/{updateMask}")]
    [InlineData("/v1/{update_mask=**}", "/v1/{updateMask}")]
    [InlineData("/v1/a%2Fb:x", "/v1/a%2Fb:x")]
    [InlineData("/v1/*/x/**", "/v1/{segment}/x/{segment_1}")]
    [InlineData("/v1/{update_mask=fixed}", "/v1/fixed")]
    public void Path_Template_IsExpanded(string template, string expected) => Assert.Equal(expected, new DocumentPath(template, s_update).Text);

    [Fact]
    public void Path_UnknownField_IsNamed() =>
        Assert.Contains("UpdateBookRequest has no field nope", Assert.Throws<InvalidOperationException>(() => new DocumentPath("/{nope}", s_update)).Message, StringComparison.Ordinal);

    [Fact]
    public void Path_OtherVariableNames_TakesTheFirstOnes()
    {
        JsonNode operation = Operation("/v1/books/{name}", "patch");
        Assert.Equal("name", (string?)operation["parameters"]![0]!["name"]);
        Assert.DoesNotContain("/v1/books/{book.name}", Names(Build()["paths"]));
    }

    [Fact]
    public void Path_PartsAndManySegments_SayWhatTheyTake()
    {
        JsonNode part = Operation("/v1/shelves/{name}/books/{name_1}", "get")["parameters"]![1]!;
        AssertJson("""{"name":"name_1","in":"path","required":true,"description":"Whichbook.Apartof`/v1/{name=shelves/*/books/*}`.","schema":{"type":"string","pattern":"^[^/]+$"}}""", part);
        Assert.Equal("It may hold slashes.", (string?)Operation("/v1/files/{path}", "get")["parameters"]![0]!["description"]);
    }

    [Fact]
    public void Query_LeafFields_NestedByDotsAndOnceThrough() =>
        Assert.Equal(["query pageSize", "query subjects", "query filter.owner", "query since", "query cursor", "query ranks"], Parameters("/v1/books", "get"));

    [Fact]
    public void Query_Lists_AreFormExploded()
    {
        JsonNode list = Operation("/v1/books", "get")["parameters"]![1]!;
        Assert.Equal(("form", true), ((string?)list["style"], (bool)list["explode"]!));
    }

    [Fact]
    public void Query_Maps_AreDeepObjects() => AssertJson(
        """{"name":"ranks","in":"query","schema":{"type":"object","additionalProperties":{"type":"integer","format":"int32"}},"style":"deepObject","explode":true}""",
        Operation("/v1/books", "get")["parameters"]!.AsArray()[^1]);

    [Fact]
    public void Query_BodyIsAField_TheOthersRemain() => Assert.Equal(["path shelfId", "query dryRun"], Parameters("/v1/shelves/{shelfId}/books", "post"));

    [Fact]
    public void Query_BodyIsAll_HasNone() => Assert.Equal(["path name"], Parameters("/v1/books/{name}:archive", "post"));

    [Fact]
    public void Body_PathFields_AreLeftOut()
    {
        Assert.Equal(["view"], Names(Operation("/v1/books/{name}:archive", "post").At("requestBody", "content", "application/json", "schema", "properties")));
        JsonNode book = Operation("/v1/books/{name}", "patch").At("requestBody", "content", "application/json", "schema", "properties", "book");
        Assert.DoesNotContain("name", Names(book["properties"]));
        Assert.Null(book["required"]);
    }

    [Fact]
    public void Body_Field_IsItsSchema() => AssertJson(
        """{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/grpc.tests.openapi.Book"}}}}""",
        Operation("/v1/shelves/{shelfId}/books", "post")["requestBody"]);

    [Fact]
    public void Body_ClientStream_IsLines()
    {
        Assert.Equal(["application/x-ndjson"], Names(Operation("/v1/books:import", "post").At("requestBody", "content")));
        Assert.Null(Operation("/v1/books", "get")["requestBody"]);
    }

    [Fact]
    public void Body_Example_ComesFromTheOptions()
    {
        GrpcOpenApiOptions options = Options();
        options.Examples["grpc.tests.openapi.Library.CreateBook"] = new JsonObject { ["name"] = "Moby" };
        AssertJson("""{"name":"Moby"}""", Build(options: options).At("paths", "/v1/shelves/{shelfId}/books", "post", "requestBody", "content", "application/json", "example"));
    }

    [Fact]
    public void HttpBody_BothWays_IsAnyTypeAndBytes()
    {
        AssertJson("""{"*/*":{"schema":{"type":"string","format":"binary"}}}""", Operation("/v1/books/{id}/cover", "put").At("requestBody", "content"));
        AssertJson("""{"*/*":{"schema":{"type":"string","format":"binary"}}}""", Operation("/v1/files/{path}", "get").At("responses", "200", "content"));
    }

    [Fact]
    public void Response_ServerStream_IsLinesOrEvents()
    {
        JsonNode content = Operation("/v1/books:watch", "get").At("responses", "200", "content");
        Assert.Equal(["application/x-ndjson", "text/event-stream"], Names(content));
        Assert.Equal("#/components/schemas/StreamError", (string?)content.At("application/x-ndjson", "schema")["anyOf"]![1]!["$ref"]);
    }

    [Theory]
    [InlineData(true, "OK. What is not there has its default.")]
    [InlineData(false, "OK.")]
    public void Response_DefaultsLeftOut_AreMentioned(bool ignore, string expected) => Assert.Equal(
        expected, (string?)Build(new() { IgnoreDefaultValues = ignore }).At("paths", "/v1/ask", "get", "responses", "200", "description"));

    [Fact]
    public void Response_Body_IsTheField() =>
        Assert.Equal("array", (string?)Operation("/v1/books", "get").At("responses", "200", "content", "application/json", "schema", "type"));

    [Fact]
    public void Response_Head_HasNoBody() =>
        Assert.All(Operation("/v1/files/{path}", "head")["responses"]!.AsObject(), response => Assert.Equal(["description"], Names(response.Value)));

    [Fact]
    public void Response_Failures_AreStatusAndThoseOfTheComment()
    {
        JsonNode responses = Operation("/v1/books/{name}", "get")["responses"]!;
        Assert.Equal(["200", "400", "404", "503", "default"], Names(responses));
        Assert.Equal("NOT_FOUND (NO_SUCH_BOOK, NO_SUCH_SHELF).", (string?)responses["404"]!["description"]);
        Assert.Equal("#/components/schemas/google.rpc.Status", (string?)responses.At("404", "content", "application/json", "schema", "$ref"));
        Assert.Equal("#/components/responses/Failure", (string?)responses.At("default", "$ref"));
    }

    [Fact]
    public void Response_BadRequest_NamesWhatTheCommentAdds() => Assert.Equal(
        "The request cannot be read, or breaks rules; details hold google.rpc.BadRequest with every violation. FAILED_PRECONDITION (CLOSED).",
        (string?)Operation("/v1/books", "get").At("responses", "400", "description"));

    [Theory]
    [InlineData(TokenUse.Required, """[{"bearer":[]}]""")]
    [InlineData(TokenUse.Optional, """[{},{"bearer":[]}]""")]
    public void Security_Tokens_BearerAnd401And403(TokenUse tokens, string expected)
    {
        JsonObject document = Build(tokens: tokens);
        AssertJson(expected, document.At("paths", "/v1/ask", "get", "security"));
        Assert.Equal(["200", "400", "401", "403", "default"], Names(document.At("paths", "/v1/ask", "get", "responses")));
        AssertJson("""{"bearer":{"type":"http","scheme":"bearer","description":"Abearertoken."}}""", document.At("components", "securitySchemes"));
    }

    [Fact]
    public void Security_NoTokens_NoScheme()
    {
        AssertJson("[]", Operation("/v1/ask", "get")["security"]);
        Assert.Null(Build()["components"]!["securitySchemes"]);
    }
}
