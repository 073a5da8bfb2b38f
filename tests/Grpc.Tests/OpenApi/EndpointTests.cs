using System.Net;
using System.Text.Json.Nodes;
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
        _app = builder.Build();
        _app.MapGrpcOpenApi();
        // Mapped in reverse: the document follows the .proto file. The end points stand in for those of a service.
        foreach (OpenApiRoute route in OpenApiRoute.Of(LibraryReflection.Descriptor.Services).Where(route => route.Method.Name is "Ask" or "ListBooks" or "ArchiveBook").Reverse())
        {
            IEndpointConventionBuilder endpoint = _app.Map($"/stand-in/{route.Method.Name}", () => "")
                .WithMetadata(new GrpcJsonTranscodingMetadata(route.Method, route.Rule));
            _ = route.Method.Name switch
            {
                "Ask" => endpoint.RequireAuthorization(),
                "ListBooks" => endpoint.RequireAuthorization().AllowAnonymous(),
                _ => endpoint,
            };
        }

        await _app.StartAsync(s_stop);
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Get_Json_IsTheDocumentOfTheMappedEndpoints()
    {
        HttpResponseMessage response = await _client.GetAsync("/openapi/v1.json", s_stop);
        JsonNode document = JsonNode.Parse(await response.Content.ReadAsStringAsync(s_stop))!;

        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("Served", (string?)document["info"]!["title"]);
        Assert.Equal(["/v1/ask", "/v1/books", "/v1/books/{name}:archive"], Names(document["paths"]));
        Assert.Equal(["Library", "Desk"], document["tags"]!.AsArray().Select(tag => (string)tag!["name"]!));
    }

    [Fact]
    public async Task Get_AuthorizeMetadata_BecomesSecurity()
    {
        JsonNode paths = JsonNode.Parse(await _client.GetStringAsync("/openapi/v1.json", s_stop))!["paths"]!;
        AssertJson("""[{"bearer":[]}]""", paths.At("/v1/ask", "get")["security"]);
        AssertJson("[]", paths.At("/v1/books", "get")["security"]);
        AssertJson("[]", paths.At("/v1/books/{name}:archive", "post")["security"]);
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
