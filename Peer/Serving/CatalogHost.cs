using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Grpc.Validation;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Lines;

namespace P2P.Peers.Serving;

/// <summary>Offers the Catalog service: gRPC, the same as JSON, reflection, and the OpenAPI document of it.</summary>
static class CatalogHost
{
    // As deep as no request of the contract is.
    const int DeepestJson = 16;

    /// <summary>Makes the host. Nothing listens before it is started.</summary>
    /// <param name="socket">Bound; the host's from now on.</param>
    /// <param name="loggers">Where warnings go.</param>
    /// <param name="service">What is offered.</param>
    /// <param name="options">What one address may have open.</param>
    /// <param name="tls">Null for cleartext.</param>
    /// <param name="doors">Other ways in than the socket; null for none.</param>
    public static WebApplication Create(
        Socket socket, ILoggerFactory loggers, CatalogService service, ServingOptions options, SslServerAuthenticationOptions? tls = null,
        SideDoors? doors = null)
    {
        var cap = new ConnectionCap(options.ConnectionsPerAddress);
        var app = ServiceHost.Create<CatalogService>(socket, loggers, services => AddServices(services, service, options), tls, doors, cap);
        app.Use(RefuseForeignHosts);
        app.MapGrpcReflectionService();
        app.MapGrpcOpenApi();
        return app;
    }

    static void AddServices(IServiceCollection services, CatalogService service, ServingOptions options)
    {
        services.AddSingleton(service).AddSingleton(options).AddSingleton<StreamCap>();
        services.AddSingleton<IRequestValidator<DescribeRequest>, DescribeValidator>();
        services.AddSingleton<IRequestValidator<DownloadRequest>, DownloadValidator>();
        services.AddSingleton<IRequestValidator<UploadRequest>, UploadValidator>();
        services.AddGrpcReflection();
        services.AddGrpc(grpc =>
        {
            grpc.BorrowedBytes.Add<UploadRequest>(UploadRequest.DataFieldNumber);
            grpc.Interceptors.Add<StreamCap>();
        }).AddJsonTranscoding(json =>
        {
            json.JsonSettings.WriteInt64sAsStrings = true;
            json.RejectUnknownFields = true;
            json.RejectUnknownQueryParameters = true;
            json.MaxDepth = DeepestJson;
        });
        services.AddGrpcSwagger(document =>
        {
            document.Title = "P2P.Transcoded peer";
            document.AddComments(typeof(Catalog).Assembly);
        });
    }

    // A web page can make its own name lead to this machine (DNS rebinding), and would then read what is shared; it cannot use an
    // address as its name. Only browsers are concerned, and they do not speak cleartext HTTP/2.
    static Task RefuseForeignHosts(HttpContext context, RequestDelegate next)
    {
        var host = context.Request.Host.Host;
        var isOwn = host is "localhost" || IPAddress.TryParse(host.Trim('[', ']'), out _);
        if (isOwn || !HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return Task.CompletedTask;
    }
}
