using Microsoft.AspNetCore.Grpc.Swagger;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the OpenAPI document of the mapped gRPC services.</summary>
public static class GrpcSwaggerServices
{
    /// <summary>Adds what <c>MapGrpcOpenApi</c> serves, and gRPC with JSON transcoding, if they are not there yet.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Title, comments and what else the descriptors do not say.</param>
    public static IServiceCollection AddGrpcSwagger(this IServiceCollection services, Action<GrpcOpenApiOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddGrpc().AddJsonTranscoding();
        services.AddOptions<GrpcOpenApiOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton<OpenApiDocuments>();
        return services;
    }
}
