using Microsoft.AspNetCore.Grpc.Swagger;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Serves the OpenAPI document of the mapped gRPC services.</summary>
public static class GrpcOpenApiEndpoints
{
    /// <summary>
    /// Serves the document as JSON at the pattern, and as YAML at the same pattern with <c>.yaml</c> in place of <c>.json</c>. The answer
    /// carries a strong ETag and is revalidated at each use.
    /// </summary>
    /// <param name="endpoints">The routes of the application.</param>
    /// <param name="pattern">Path of the JSON document; it ends with <c>.json</c>.</param>
    public static IEndpointConventionBuilder MapGrpcOpenApi(this IEndpointRouteBuilder endpoints, string pattern = "/openapi/v1.json")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        if (!pattern.EndsWith(".json", StringComparison.Ordinal))
        {
            throw new ArgumentException("The pattern must end with .json.", nameof(pattern));
        }

        RouteGroupBuilder group = endpoints.MapGroup("");
        OpenApiDocuments documents = endpoints.ServiceProvider.GetService<OpenApiDocuments>()
            ?? throw new InvalidOperationException("Call services.AddGrpcSwagger() before MapGrpcOpenApi().");
        Map(group, pattern, () => documents.Json);
        Map(group, string.Concat(pattern.AsSpan(0, pattern.Length - ".json".Length), ".yaml"), () => documents.Yaml);
        return group;
    }

    static void Map(RouteGroupBuilder group, string pattern, Func<OpenApiFile> file) =>
        group.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], context => ServeAsync(context, file()));

    static async Task ServeAsync(HttpContext context, OpenApiFile file)
    {
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = file.ETag.ToString();
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(file.ETag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = file.Bytes.Length;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(file.Bytes, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
