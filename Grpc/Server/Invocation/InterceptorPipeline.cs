using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Invocation;

/// <summary>Wraps a handler in interceptors, once per method; each call resolves its own instances. Null when there are none.</summary>
static class InterceptorPipeline
{
    /// <summary>Lets <see cref="ServerCallContextExtensions.GetHttpContext"/> work on a context that an interceptor wrapped.</summary>
    public static TPipeline Prepare<TPipeline>(HttpContext httpContext, TPipeline pipeline)
    {
        httpContext.Items[ServerCallContextExtensions.HttpContextKey] = httpContext;
        return pipeline;
    }

    public static Core.UnaryServerMethod<TRequest, TResponse>? Unary<TRequest, TResponse>(
        InterceptorRegistration[] interceptors, Core.UnaryServerMethod<TRequest, TResponse> handler)
        where TRequest : class where TResponse : class
    {
        var next = handler;
        foreach (var registration in interceptors.AsEnumerable().Reverse())
        {
            var inner = next;
            next = (request, context) => RunAsync(registration, context, i => i.UnaryServerHandler(request, context, inner));
        }
        return interceptors.Length == 0 ? null : next;
    }

    public static Core.ClientStreamingServerMethod<TRequest, TResponse>? ClientStreaming<TRequest, TResponse>(
        InterceptorRegistration[] interceptors, Core.ClientStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class where TResponse : class
    {
        var next = handler;
        foreach (var registration in interceptors.AsEnumerable().Reverse())
        {
            var inner = next;
            next = (requests, context) => RunAsync(registration, context, i => i.ClientStreamingServerHandler(requests, context, inner));
        }
        return interceptors.Length == 0 ? null : next;
    }

    public static Core.ServerStreamingServerMethod<TRequest, TResponse>? ServerStreaming<TRequest, TResponse>(
        InterceptorRegistration[] interceptors, Core.ServerStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class where TResponse : class
    {
        var next = handler;
        foreach (var registration in interceptors.AsEnumerable().Reverse())
        {
            var inner = next;
            next = (request, responses, context) => RunAsync(
                registration, context, i => Completion(i.ServerStreamingServerHandler(request, responses, context, inner)));
        }
        return interceptors.Length == 0 ? null : next;
    }

    public static Core.DuplexStreamingServerMethod<TRequest, TResponse>? DuplexStreaming<TRequest, TResponse>(
        InterceptorRegistration[] interceptors, Core.DuplexStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class where TResponse : class
    {
        var next = handler;
        foreach (var registration in interceptors.AsEnumerable().Reverse())
        {
            var inner = next;
            next = (requests, responses, context) => RunAsync(
                registration, context, i => Completion(i.DuplexStreamingServerHandler(requests, responses, context, inner)));
        }
        return interceptors.Length == 0 ? null : next;
    }

    static async Task<TResult> RunAsync<TResult>(
        InterceptorRegistration registration, ServerCallContext context, Func<Interceptor, Task<TResult>> call)
    {
        var (interceptor, created) = registration.Resolve(context.GetHttpContext().RequestServices);
        try
        {
            return await call(interceptor);
        }
        finally
        {
            if (created)
            {
                await ServiceActivator<Interceptor>.DisposeAsync(interceptor);
            }
        }
    }

    static async Task<bool> Completion(Task task)
    {
        await task;
        return true;
    }
}
