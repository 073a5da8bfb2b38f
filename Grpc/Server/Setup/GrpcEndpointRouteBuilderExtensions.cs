using Grpc.AspNetCore.Server.Binding;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to routes.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps every method of <typeparamref name="TService"/>, a class derived from a generated base.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder) where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return Routes<TService>(builder).Map(builder, definition: null);
    }

    /// <summary>Maps a service that is bound to delegates.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService(this IEndpointRouteBuilder builder, ServerServiceDefinition serviceDefinition)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(serviceDefinition);
        return Routes<ServerServiceDefinition>(builder).Map(builder, serviceDefinition);
    }

    /// <inheritdoc cref="MapGrpcService(IEndpointRouteBuilder, ServerServiceDefinition)"/>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService(
        this IEndpointRouteBuilder builder,
        Func<IServiceProvider, ServerServiceDefinition> getServiceDefinition)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(getServiceDefinition);
        return builder.MapGrpcService(getServiceDefinition(builder.ServiceProvider));
    }

    static ServiceRoutes<TService> Routes<TService>(IEndpointRouteBuilder builder) where TService : class =>
        builder.ServiceProvider.GetService<ServiceRoutes<TService>>()
        ?? throw new InvalidOperationException("Call services.AddGrpc() before mapping a gRPC service.");
}

/// <summary>Applies conventions to all routes of a service.</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    readonly List<IEndpointConventionBuilder> _routes;

    internal GrpcServiceEndpointConventionBuilder(List<IEndpointConventionBuilder> routes) => _routes = routes;

    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var route in _routes)
        {
            route.Add(convention);
        }
    }

    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var route in _routes)
        {
            route.Finally(finallyConvention);
        }
    }
}
