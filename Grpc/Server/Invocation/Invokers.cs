using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Invocation;

/// <summary>Runs a unary method: interceptors (global, then the service's), then the handler on a service instance that lives for the call.
/// Every wire format (gRPC, JSON) decodes the request, calls <see cref="InvokeAsync"/> once, and encodes the response.</summary>
sealed class UnaryInvoker<TService, TRequest, TResponse>
    where TService : class where TRequest : class where TResponse : class
{
    readonly UnaryServerMethod<TService, TRequest, TResponse> _handler;
    readonly ServiceActivator<TService> _activator;
    readonly Core.UnaryServerMethod<TRequest, TResponse>? _pipeline;

    public UnaryInvoker(UnaryServerMethod<TService, TRequest, TResponse> handler, MethodOptions options)
    {
        _handler = handler;
        _activator = new(options.SuppressCreatingService);
        _pipeline = InterceptorPipeline.Unary<TRequest, TResponse>(options.Interceptors, HandleAsync);
    }

    public Task<TResponse> InvokeAsync(HttpContext httpContext, ServerCallContext context, TRequest request) =>
        _pipeline is null ? HandleAsync(httpContext, request, context) : InterceptorPipeline.Prepare(httpContext, _pipeline)(request, context);

    Task<TResponse> HandleAsync(TRequest request, ServerCallContext context) => HandleAsync(context.GetHttpContext(), request, context);

    Task<TResponse> HandleAsync(HttpContext httpContext, TRequest request, ServerCallContext context)
    {
        var service = _activator.Get(httpContext.RequestServices, out var dispose);
        return dispose ? HandleThenDisposeAsync(service, request, context) : _handler(service, request, context);
    }

    async Task<TResponse> HandleThenDisposeAsync(TService service, TRequest request, ServerCallContext context)
    {
        try
        {
            return await _handler(service, request, context);
        }
        finally
        {
            await ServiceActivator<TService>.DisposeAsync(service);
        }
    }
}

/// <summary>Runs a client-streaming method, as <see cref="UnaryInvoker{TService, TRequest, TResponse}"/> does a unary one.
/// The reader is the wire format's own.</summary>
sealed class ClientStreamingInvoker<TService, TRequest, TResponse>
    where TService : class where TRequest : class where TResponse : class
{
    readonly ClientStreamingServerMethod<TService, TRequest, TResponse> _handler;
    readonly ServiceActivator<TService> _activator;
    readonly Core.ClientStreamingServerMethod<TRequest, TResponse>? _pipeline;

    public ClientStreamingInvoker(ClientStreamingServerMethod<TService, TRequest, TResponse> handler, MethodOptions options)
    {
        _handler = handler;
        _activator = new(options.SuppressCreatingService);
        _pipeline = InterceptorPipeline.ClientStreaming<TRequest, TResponse>(options.Interceptors, HandleAsync);
    }

    public Task<TResponse> InvokeAsync(HttpContext httpContext, ServerCallContext context, IAsyncStreamReader<TRequest> requests) =>
        (_pipeline is null ? HandleAsync : InterceptorPipeline.Prepare(httpContext, _pipeline))(requests, context);

    async Task<TResponse> HandleAsync(IAsyncStreamReader<TRequest> requests, ServerCallContext context)
    {
        var service = _activator.Get(context.GetHttpContext().RequestServices, out var dispose);
        try
        {
            return await _handler(service, requests, context);
        }
        finally
        {
            if (dispose)
            {
                await ServiceActivator<TService>.DisposeAsync(service);
            }
        }
    }
}

/// <summary>Runs a server-streaming method, as <see cref="UnaryInvoker{TService, TRequest, TResponse}"/> does a unary one.
/// The writer is the wire format's own; the call ends when the task does.</summary>
sealed class ServerStreamingInvoker<TService, TRequest, TResponse>
    where TService : class where TRequest : class where TResponse : class
{
    readonly ServerStreamingServerMethod<TService, TRequest, TResponse> _handler;
    readonly ServiceActivator<TService> _activator;
    readonly Core.ServerStreamingServerMethod<TRequest, TResponse>? _pipeline;

    public ServerStreamingInvoker(ServerStreamingServerMethod<TService, TRequest, TResponse> handler, MethodOptions options)
    {
        _handler = handler;
        _activator = new(options.SuppressCreatingService);
        _pipeline = InterceptorPipeline.ServerStreaming<TRequest, TResponse>(options.Interceptors, HandleAsync);
    }

    public Task InvokeAsync(HttpContext httpContext, ServerCallContext context, TRequest request, IServerStreamWriter<TResponse> responses) =>
        (_pipeline is null ? HandleAsync : InterceptorPipeline.Prepare(httpContext, _pipeline))(request, responses, context);

    async Task HandleAsync(TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        var service = _activator.Get(context.GetHttpContext().RequestServices, out var dispose);
        try
        {
            await _handler(service, request, responses, context);
        }
        finally
        {
            if (dispose)
            {
                await ServiceActivator<TService>.DisposeAsync(service);
            }
        }
    }
}

/// <summary>Runs a bidirectional method, as <see cref="UnaryInvoker{TService, TRequest, TResponse}"/> does a unary one.
/// Reader and writer are the wire format's own.</summary>
sealed class DuplexStreamingInvoker<TService, TRequest, TResponse>
    where TService : class where TRequest : class where TResponse : class
{
    readonly DuplexStreamingServerMethod<TService, TRequest, TResponse> _handler;
    readonly ServiceActivator<TService> _activator;
    readonly Core.DuplexStreamingServerMethod<TRequest, TResponse>? _pipeline;

    public DuplexStreamingInvoker(DuplexStreamingServerMethod<TService, TRequest, TResponse> handler, MethodOptions options)
    {
        _handler = handler;
        _activator = new(options.SuppressCreatingService);
        _pipeline = InterceptorPipeline.DuplexStreaming<TRequest, TResponse>(options.Interceptors, HandleAsync);
    }

    public Task InvokeAsync(
        HttpContext httpContext, ServerCallContext context, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses) =>
        (_pipeline is null ? HandleAsync : InterceptorPipeline.Prepare(httpContext, _pipeline))(requests, responses, context);

    async Task HandleAsync(IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        var service = _activator.Get(context.GetHttpContext().RequestServices, out var dispose);
        try
        {
            await _handler(service, requests, responses, context);
        }
        finally
        {
            if (dispose)
            {
                await ServiceActivator<TService>.DisposeAsync(service);
            }
        }
    }
}
