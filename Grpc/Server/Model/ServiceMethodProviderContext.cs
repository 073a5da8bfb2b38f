using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Collects the routes of one service.</summary>
public class ServiceMethodProviderContext<TService> where TService : class
{
    readonly CallHandlerFactory<TService> _handlers;

    internal ServiceMethodProviderContext(CallHandlerFactory<TService> handlers, ServerServiceDefinition? definition)
    {
        _handlers = handlers;
        Definition = definition;
    }

    /// <summary>Set when the service is a definition bound to delegates.</summary>
    internal ServerServiceDefinition? Definition { get; }

    /// <summary>The service's settings: other providers build their handlers with the same ones.</summary>
    internal MethodOptions Options => _handlers.Options;

    internal List<MethodRoute> Routes { get; } = [];

    public void AddUnaryMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, UnaryServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        AddGrpc(method, metadata, _handlers.Unary(method, invoker));

    public void AddClientStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ClientStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        AddGrpc(method, metadata, _handlers.ClientStreaming(method, invoker));

    public void AddServerStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ServerStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        AddGrpc(method, metadata, _handlers.ServerStreaming(method, invoker));

    public void AddDuplexStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, DuplexStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        AddGrpc(method, metadata, _handlers.DuplexStreaming(method, invoker));

    /// <summary>Adds a route of the provider's own for <paramref name="method"/>.</summary>
    public void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, RoutePattern pattern, IList<object> metadata, RequestDelegate invoker)
        where TRequest : class where TResponse : class =>
        Routes.Add(new MethodRoute(method, pattern, metadata, invoker));

    void AddGrpc(IMethod method, IList<object> metadata, RequestDelegate handler) =>
        Routes.Add(new MethodRoute(method, RoutePatternFactory.Parse(method.FullName), metadata, handler));
}

/// <summary>A route to be mapped.</summary>
sealed record MethodRoute(IMethod Method, RoutePattern Pattern, IList<object> Metadata, RequestDelegate Handler);
