using System.Security.Cryptography;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>The finished bytes of a document.</summary>
sealed record OpenApiFile(byte[] Bytes, string ContentType)
{
    public EntityTagHeaderValue ETag { get; } = new($"\"{Convert.ToHexStringLower(SHA256.HashData(Bytes))[..32]}\"");
}

/// <summary>The document of the mapped services, built on first use and kept: end points do not change while a server runs.</summary>
sealed class OpenApiDocuments
{
    readonly Lazy<JsonObject> _document;
    readonly Lazy<OpenApiFile> _json;
    readonly Lazy<OpenApiFile> _yaml;

    public OpenApiDocuments(EndpointDataSource endpoints, IOptions<GrpcJsonTranscodingOptions> transcoding, IOptions<GrpcOpenApiOptions> options)
    {
        _document = new(() => OpenApiDocumentBuilder.Build(Routes(endpoints, options.Value), transcoding.Value.JsonSettings, options.Value));
        _json = new(() => new(Encoding.UTF8.GetBytes(_document.Value.ToJsonString(OpenApiJson.Options) + "\n"), "application/json; charset=utf-8"));
        _yaml = new(() => new(Encoding.UTF8.GetBytes(YamlWriter.Write(_document.Value)), "application/yaml; charset=utf-8"));
    }

    public OpenApiFile Json => _json.Value;

    public OpenApiFile Yaml => _yaml.Value;

    /// <summary>The routes behind end points, in the order of the .proto files and not of the mapping.</summary>
    static IEnumerable<OpenApiRoute> Routes(EndpointDataSource endpoints, GrpcOpenApiOptions options) =>
        from endpoint in endpoints.Endpoints
        let metadata = endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()
        where metadata is not null
        let method = metadata.MethodDescriptor
        orderby method.File.Name, method.Service.Index, method.Index
        select new OpenApiRoute(method, metadata.HttpRule, options.Tokens?.Invoke(method) ?? TokensOf(endpoint));

    static TokenUse TokensOf(Endpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        && (endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null || endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is not null)
        ? TokenUse.Required : TokenUse.None;
}
