namespace Grpc.AspNetCore.Server.Invocation;

/// <summary>Invokers of the four kinds of methods. The result of a method that writes its responses says only that it has ended.</summary>
static class Invokers
{
    public static MethodInvoker<TService, TRequest, TResponse> Unary<TService, TRequest, TResponse>(
        UnaryServerMethod<TService, TRequest, TResponse> handler, MethodOptions options)
        where TService : class where TRequest : class where TResponse : class => new(
            handler.Invoke,
            static (interceptor, request, context, next) => interceptor.UnaryServerHandler<TRequest, TResponse>(request, context, next.Invoke),
            options);

    public static MethodInvoker<TService, IAsyncStreamReader<TRequest>, TResponse> ClientStreaming<TService, TRequest, TResponse>(
        ClientStreamingServerMethod<TService, TRequest, TResponse> handler, MethodOptions options)
        where TService : class where TRequest : class where TResponse : class => new(
            handler.Invoke,
            static (interceptor, requests, context, next) =>
                interceptor.ClientStreamingServerHandler<TRequest, TResponse>(requests, context, next.Invoke),
            options);

    public static MethodInvoker<TService, (TRequest, IServerStreamWriter<TResponse>), bool> ServerStreaming<TService, TRequest, TResponse>(
        ServerStreamingServerMethod<TService, TRequest, TResponse> handler, MethodOptions options)
        where TService : class where TRequest : class where TResponse : class => new(
            (service, call, context) => EndAsync(handler(service, call.Item1, call.Item2, context)),
            static (interceptor, call, context, next) => EndAsync(interceptor.ServerStreamingServerHandler<TRequest, TResponse>(
                call.Item1, call.Item2, context, (request, responses, inner) => next((request, responses), inner))),
            options);

    public static MethodInvoker<TService, (IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>), bool>
        DuplexStreaming<TService, TRequest, TResponse>(
            DuplexStreamingServerMethod<TService, TRequest, TResponse> handler, MethodOptions options)
        where TService : class where TRequest : class where TResponse : class => new(
            (service, call, context) => EndAsync(handler(service, call.Item1, call.Item2, context)),
            static (interceptor, call, context, next) => EndAsync(interceptor.DuplexStreamingServerHandler<TRequest, TResponse>(
                call.Item1, call.Item2, context, (requests, responses, inner) => next((requests, responses), inner))),
            options);

    static async Task<bool> EndAsync(Task task)
    {
        await task;
        return true;
    }
}
