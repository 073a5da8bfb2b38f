using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Makes the request delegates of one service's gRPC routes.</summary>
sealed class CallHandlerFactory<TService>(MethodOptions options, TimeProvider time, ILogger logger) where TService : class
{
    public MethodOptions Options => options;

    public RequestDelegate Unary<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TService, TRequest, TResponse> handler)
        where TRequest : class where TResponse : class =>
        new UnaryCallHandler<TService, TRequest, TResponse>(new(handler, options), method, options, time, logger).HandleAsync;

    public RequestDelegate ClientStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TService, TRequest, TResponse> handler)
        where TRequest : class where TResponse : class =>
        new ClientStreamingCallHandler<TService, TRequest, TResponse>(new(handler, options), method, options, time, logger).HandleAsync;

    public RequestDelegate ServerStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TService, TRequest, TResponse> handler)
        where TRequest : class where TResponse : class =>
        new ServerStreamingCallHandler<TService, TRequest, TResponse>(new(handler, options), method, options, time, logger).HandleAsync;

    public RequestDelegate DuplexStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TService, TRequest, TResponse> handler)
        where TRequest : class where TResponse : class =>
        new DuplexStreamingCallHandler<TService, TRequest, TResponse>(new(handler, options), method, options, time, logger).HandleAsync;
}
