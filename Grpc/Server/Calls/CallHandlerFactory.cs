using System.Runtime.CompilerServices;
using Grpc.AspNetCore.Server.Invocation;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Makes the request delegates of one service's gRPC routes: refuse what is no call of the method, then run it by its kind.</summary>
sealed class CallHandlerFactory<TService>(MethodOptions options, TimeProvider time, ILogger logger) where TService : class
{
    public MethodOptions Options => options;

    public RequestDelegate Unary<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TService, TRequest, TResponse> handler)
        where TRequest : class where TResponse : class
    {
        var invoker = Invokers.Unary(handler, options);
        var (read, write) = (method.RequestMarshaller.ContextualDeserializer, method.ResponseMarshaller.ContextualSerializer);
        return Handle(method, [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] async ValueTask (GrpcCallContext call) =>
        {
            var request = await call.ReadSingleAsync(read);
            var response = await invoker.InvokeAsync(call.HttpContext, call, request);
            await call.WriteSingleAsync(response, write);
        });
    }

    public RequestDelegate ClientStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TService, TRequest, TResponse> handler)
        where TRequest : class where TResponse : class
    {
        var invoker = Invokers.ClientStreaming(handler, options);
        var (read, write) = (StreamDeserializer(method), method.ResponseMarshaller.ContextualSerializer);
        return Handle(method, [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] async ValueTask (GrpcCallContext call) =>
        {
            var requests = new GrpcRequestStream<TRequest>(call, read);
            var response = await invoker.InvokeAsync(call.HttpContext, call, requests);
            requests.Complete();
            await call.WriteSingleAsync(response, write);
        });
    }

    public RequestDelegate ServerStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TService, TRequest, TResponse> handler)
        where TRequest : class where TResponse : class
    {
        var invoker = Invokers.ServerStreaming(handler, options);
        var (read, write) = (method.RequestMarshaller.ContextualDeserializer, method.ResponseMarshaller.ContextualSerializer);
        return Handle(method, [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] async ValueTask (GrpcCallContext call) =>
        {
            var request = await call.ReadSingleAsync(read);
            var responses = new GrpcResponseStream<TResponse>(call, write);
            await invoker.InvokeAsync(call.HttpContext, call, (request, responses));
            responses.Complete();
        });
    }

    public RequestDelegate DuplexStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TService, TRequest, TResponse> handler)
        where TRequest : class where TResponse : class
    {
        var invoker = Invokers.DuplexStreaming(handler, options);
        var (read, write) = (StreamDeserializer(method), method.ResponseMarshaller.ContextualSerializer);
        return Handle(method, [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] async ValueTask (GrpcCallContext call) =>
        {
            var requests = new GrpcRequestStream<TRequest>(call, read);
            var responses = new GrpcResponseStream<TResponse>(call, write);
            await invoker.InvokeAsync(call.HttpContext, call, (requests, responses));
            requests.Complete();
            responses.Complete();
        });
    }

    Func<DeserializationContext, TRequest> StreamDeserializer<TRequest, TResponse>(Method<TRequest, TResponse> method) =>
        options.BorrowedBytes.Find<TRequest>() ?? method.RequestMarshaller.ContextualDeserializer;

    RequestDelegate Handle(IMethod method, Func<GrpcCallContext, ValueTask> invoke)
    {
        var handler = new CallHandler<GrpcCallContext>(
            method, time, context => new GrpcCallContext(context, method, options, time, logger), invoke);
        return context => IsRefused(context, method) ? Task.CompletedTask : handler.RunAsync(context);
    }

    bool IsRefused(HttpContext context, IMethod method)
    {
        if (GrpcRequest.Check(context.Request) is var refusal and not 0)
        {
            GrpcServerLog.Refused(logger, method.FullName, refusal);
            GrpcResponse.Refuse(context.Response, refusal);
            return true;
        }
        // Routing ignores case and a trailing slash; gRPC does not.
        if (context.Request.Path.Value!.EndsWith(method.FullName, StringComparison.Ordinal))
        {
            return false;
        }
        GrpcResponse.SetTrailersOnly(context.Response, new Status(StatusCode.Unimplemented, "The method does not exist."));
        return true;
    }
}
