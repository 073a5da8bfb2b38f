using System.Runtime.CompilerServices;
using Grpc.AspNetCore.Server.Invocation;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

sealed class UnaryCallHandler<TService, TRequest, TResponse>(
    UnaryInvoker<TService, TRequest, TResponse> invoker, Method<TRequest, TResponse> method, MethodOptions options,
    TimeProvider time, ILogger logger)
    : CallHandler<TRequest, TResponse>(method, options, time, logger)
    where TService : class where TRequest : class where TResponse : class
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask InvokeAsync(GrpcCallContext call)
    {
        var request = await call.ReadSingleAsync(Deserializer);
        var response = await invoker.InvokeAsync(call.HttpContext, call, request);
        await call.WriteSingleAsync(response, Serializer);
    }
}

sealed class ClientStreamingCallHandler<TService, TRequest, TResponse>(
    ClientStreamingInvoker<TService, TRequest, TResponse> invoker, Method<TRequest, TResponse> method, MethodOptions options,
    TimeProvider time, ILogger logger)
    : CallHandler<TRequest, TResponse>(method, options, time, logger)
    where TService : class where TRequest : class where TResponse : class
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask InvokeAsync(GrpcCallContext call)
    {
        var requests = new RequestStream<TRequest>(call, Deserializer);
        var response = await invoker.InvokeAsync(call.HttpContext, call, requests);
        requests.Complete();
        await call.WriteSingleAsync(response, Serializer);
    }
}

sealed class ServerStreamingCallHandler<TService, TRequest, TResponse>(
    ServerStreamingInvoker<TService, TRequest, TResponse> invoker, Method<TRequest, TResponse> method, MethodOptions options,
    TimeProvider time, ILogger logger)
    : CallHandler<TRequest, TResponse>(method, options, time, logger)
    where TService : class where TRequest : class where TResponse : class
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask InvokeAsync(GrpcCallContext call)
    {
        var request = await call.ReadSingleAsync(Deserializer);
        var responses = new ResponseStream<TResponse>(call, Serializer);
        await invoker.InvokeAsync(call.HttpContext, call, request, responses);
        responses.Complete();
    }
}

sealed class DuplexStreamingCallHandler<TService, TRequest, TResponse>(
    DuplexStreamingInvoker<TService, TRequest, TResponse> invoker, Method<TRequest, TResponse> method, MethodOptions options,
    TimeProvider time, ILogger logger)
    : CallHandler<TRequest, TResponse>(method, options, time, logger)
    where TService : class where TRequest : class where TResponse : class
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask InvokeAsync(GrpcCallContext call)
    {
        var requests = new RequestStream<TRequest>(call, Deserializer);
        var responses = new ResponseStream<TResponse>(call, Serializer);
        await invoker.InvokeAsync(call.HttpContext, call, requests, responses);
        requests.Complete();
        responses.Complete();
    }
}
