using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.Swagger;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Hosting;

/// <summary>The OpenAPI document and the page that shows it, from this program's own files.</summary>
static class ApiDocument
{
    const string DocumentPath = "/openapi/v1.json";
    const string PagePath = "/swagger";
    const string PagePolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

    public static void Configure(GrpcOpenApiOptions options)
    {
        options.Title = "P2P.Transcoded directory";
        options.Version = ProgramVersion.Text;
        options.Description = "Who is here, what they share, and where a content is. The same calls are served as gRPC on this port.";
        options.License = "Apache-2.0";
        options.TokenDescription = "The token that Login answers.";
        options.Include = method => IsOurs(method);
        options.AddComments(typeof(LoginRequest).Assembly);
        Example(options, "Login", """
            {"user":"peer1","password":"per1234","ip":"127.0.0.1","url":"http://localhost","port":5001,"archivos":"file1.txt,file2.txt,file3.txt"}
            """);
        Example(options, "Index", """{"ip":"127.0.0.1","url":"http://localhost:5001"}""");
        Example(options, "Search", """{"archivo":"file1.txt"}""");
        Example(options, "Logout", """{"ip":"127.0.0.1","url":"http://localhost:5001"}""");
        Example(options, "Descargar", """{"archivo":"file1.txt","ip":"127.0.0.1","url":"http://localhost:5001"}""");
    }

    public static void Map(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            if (context.Request.Path.StartsWithSegments(PagePath))
            {
                context.Response.Headers.ContentSecurityPolicy = PagePolicy;
                context.Response.Headers.XContentTypeOptions = "nosniff";
            }

            await next(context).ConfigureAwait(false);
        });
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = PagePath.TrimStart('/');
            page.SwaggerEndpoint(DocumentPath, "v1");
            page.DocumentTitle = "P2P.Transcoded directory";
        });
        app.MapGrpcOpenApi(DocumentPath);
        app.MapGet("/", () => Results.Redirect(PagePath));
    }

    static bool IsOurs(MethodDescriptor method) => method.File.Package == DirectoryReflection.Descriptor.Package;

    static void Example(GrpcOpenApiOptions options, string method, string json) =>
        options.Examples[$"{DirectoryReflection.Descriptor.Package}.Directory.{method}"] = JsonNode.Parse(json)!;
}
