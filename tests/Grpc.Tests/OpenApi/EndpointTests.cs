using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Validation;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.Swagger;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Grpc.Tests.OpenApi.LibraryDocument;

namespace Grpc.Tests.OpenApi;

public sealed class EndpointTests : IAsyncLifetime
{
    static readonly CancellationToken s_stop = TestContext.Current.CancellationToken;

    WebApplication _app = null!;
    HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthorization();
        builder.Services.AddGrpcSwagger(options => options.Title = "Served");
        builder.Services.AddGrpc(options => options.Interceptors.Add<ValidationInterceptor>());
        builder.Services.Configure<GrpcJsonTranscodingOptions>(options => options.JsonSettings.WriteInt64sAsStrings = true);
        _app = builder.Build();
        _app.MapGrpcOpenApi();
        // Mapped in reverse: the document follows the .proto file.
        _app.MapGrpcService<DeskService>();
        _app.MapGrpcService<LibraryService>();
        await _app.StartAsync(s_stop);
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Authorize]
    sealed class LibraryService : Library.LibraryBase
    {
        [AllowAnonymous]
        public override Task<ListBooksResponse> ListBooks(ListBooksRequest request, ServerCallContext context) =>
            Task.FromResult(new ListBooksResponse { Books = { new Book { Name = request.Filter.Owner, Size = 1L << 60 } } });
    }

    sealed class DeskService : Desk.DeskBase;

    [Fact]
    public async Task Get_Json_IsTheDocumentOfTheMappedServices()
    {
        HttpResponseMessage response = await _client.GetAsync("/openapi/v1.json", s_stop);
        JsonNode document = JsonNode.Parse(await response.Content.ReadAsStringAsync(s_stop))!;

        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("Served", (string?)document["info"]!["title"]);
        Assert.Equal(Names(Build()["paths"]), Names(document["paths"]));
        Assert.Equal("Library_GetBook", (string?)document.At("paths", "/v1/shelves/{name}/books/{name_1}", "get", "operationId"));
        Assert.Equal(["Library", "Desk"], document["tags"]!.AsArray().Select(tag => (string)tag!["name"]!));
    }

    [Fact]
    public async Task Get_AuthorizeMetadata_BecomesSecurity()
    {
        JsonNode paths = JsonNode.Parse(await _client.GetStringAsync("/openapi/v1.json", s_stop))!["paths"]!;
        AssertJson("""[{"bearer":[]}]""", paths.At("/v1/books/{name}:archive", "post")["security"]);
        AssertJson("[]", paths.At("/v1/books", "get")["security"]);
        AssertJson("[]", paths.At("/v1/ask", "get")["security"]);
    }

    [Fact]
    public async Task Call_AsTheDocumentSays_IsAnsweredAsItSays()
    {
        JsonNode list = JsonNode.Parse(await _client.GetStringAsync("/v1/books?filter.owner=me&ranks[a]=1&subjects=SUBJECT_SEA&subjects=SUBJECT_LAND", s_stop))!;
        Assert.Equal("me", (string?)list[0]!["name"]);
        Assert.Equal("1152921504606846976", (string?)list[0]!["size"]);
    }

    [Fact]
    public async Task Call_AgainstTheRulesOfTheDocument_AllViolationsAsStatus()
    {
        HttpResponseMessage response = await _client.GetAsync("/v1/books?pageSize=1001", s_stop);
        JsonNode status = JsonNode.Parse(await response.Content.ReadAsStringAsync(s_stop))!;
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("pageSize must be at least 0 and at most 1000, is 1001", (string?)status["message"]);
        AssertJson("""[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"pageSize","description":"mustbeatleast0andatmost1000,is1001","reason":""}]}]""", status["details"]);
    }

    [Fact]
    public async Task Get_Yaml_IsTheSameDocument()
    {
        HttpResponseMessage response = await _client.GetAsync("/openapi/v1.yaml", s_stop);
        JsonNode document = JsonNode.Parse(await _client.GetStringAsync("/openapi/v1.json", s_stop))!;
        Assert.Equal("application/yaml; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(YamlWriter.Write(document), await response.Content.ReadAsStringAsync(s_stop));
    }

    [Fact]
    public async Task Get_KnownETag_NotModified()
    {
        HttpResponseMessage first = await _client.GetAsync("/openapi/v1.json", s_stop);
        HttpRequestMessage again = new(HttpMethod.Get, "/openapi/v1.json") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        HttpResponseMessage second = await _client.SendAsync(again, s_stop);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal(first.Headers.ETag, second.Headers.ETag);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync(s_stop));
    }

    [Fact]
    public async Task Head_Json_LengthWithoutBody()
    {
        HttpResponseMessage response = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/openapi/v1.json"), s_stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 1000);
    }

    [Fact]
    public void Map_WithoutServices_SaysWhatToCall()
    {
        WebApplication bare = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddGrpcSwagger", Assert.Throws<InvalidOperationException>(() => bare.MapGrpcOpenApi()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _app.MapGrpcOpenApi("/openapi"));
    }
}
