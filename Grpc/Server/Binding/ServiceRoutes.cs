using Microsoft.AspNetCore.Builder;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Maps one service: asks every provider for its routes.</summary>
sealed class ServiceRoutes<TService>(
    IEnumerable<IServiceMethodProvider<TService>> providers,
    IOptions<GrpcServiceOptions> globalOptions,
    IOptions<GrpcServiceOptions<TService>> serviceOptions,
    IEnumerable<IConfigureOptions<GrpcServiceOptions<TService>>> ownOptions,
    UnknownCallRoutes unknownCalls,
    TimeProvider time,
    ILoggerFactory loggers) where TService : class
{
    readonly ILogger _logger = loggers.CreateLogger(typeof(TService).FullName ?? typeof(TService).Name);

    public GrpcServiceEndpointConventionBuilder Map(IEndpointRouteBuilder builder, ServerServiceDefinition? definition)
    {
        var service = ownOptions.Any() ? serviceOptions.Value : WithoutOwnOptions();
        var options = new MethodOptions(globalOptions.Value, service, suppressCreatingService: definition is not null);
        var context = new ServiceMethodProviderContext<TService>(new(options, time, _logger), definition);
        foreach (var provider in providers)
        {
            provider.OnServiceMethodDiscovery(context);
        }
        var routes = context.Routes.ConvertAll(route => Map(builder, route));
        if (service.IgnoreUnknownServices is not true)
        {
            unknownCalls.Map(builder);
        }
        GrpcServerLog.Mapped(_logger, typeof(TService).Name, context.Routes.Count);
        return new GrpcServiceEndpointConventionBuilder(routes);
    }

    GrpcServiceOptions<TService> WithoutOwnOptions()
    {
        var copy = new GrpcServiceOptions<TService>();
        copy.CopyFrom(globalOptions.Value);
        return copy;
    }

    static IEndpointConventionBuilder Map(IEndpointRouteBuilder builder, MethodRoute route)
    {
        var endpoint = builder.Map(route.Pattern, route.Handler);
        endpoint.Add(e =>
        {
            e.DisplayName = $"gRPC - {route.Pattern.RawText}";
            e.Metadata.Add(new GrpcMethodMetadata(typeof(TService), route.Method));
            foreach (var item in route.Metadata)
            {
                e.Metadata.Add(item);
            }
        });
        return endpoint;
    }
}
