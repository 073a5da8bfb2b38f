using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers JSON transcoding.</summary>
public static class GrpcJsonTranscodingServiceExtensions
{
    /// <summary>Serves every method that has a google.api.http rule as JSON over HTTP too.</summary>
    public static IGrpcServerBuilder AddJsonTranscoding(this IGrpcServerBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddOptions<GrpcJsonTranscodingOptions>()
            .Validate(options => options.MaxDepth >= 1, $"{nameof(GrpcJsonTranscodingOptions.MaxDepth)} must be at least 1.");
        services.TryAddSingleton(provider => new JsonCodec(provider.GetRequiredService<IOptions<GrpcJsonTranscodingOptions>>().Value));
        services.TryAddSingleton<TranscodingRoutes>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, TranscodingStartupFilter>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton(typeof(IServiceMethodProvider<>), typeof(JsonServiceMethodProvider<>)));
        return builder;
    }

    /// <inheritdoc cref="AddJsonTranscoding(IGrpcServerBuilder)"/>
    public static IGrpcServerBuilder AddJsonTranscoding(this IGrpcServerBuilder builder, Action<GrpcJsonTranscodingOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure(configureOptions);
        return builder.AddJsonTranscoding();
    }
}
