namespace Grpc.AspNetCore.Server.Model;

/// <summary>Adds routes when a service is mapped. Every registered provider is asked, the one for gRPC itself first.</summary>
public interface IServiceMethodProvider<TService> where TService : class
{
    void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context);
}

/// <summary>A unary method of <typeparamref name="TService"/>.</summary>
public delegate Task<TResponse> UnaryServerMethod<TService, TRequest, TResponse>(
    TService service, TRequest request, ServerCallContext serverCallContext);

/// <summary>A client-streaming method of <typeparamref name="TService"/>.</summary>
public delegate Task<TResponse> ClientStreamingServerMethod<TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> stream, ServerCallContext serverCallContext);

/// <summary>A server-streaming method of <typeparamref name="TService"/>.</summary>
public delegate Task ServerStreamingServerMethod<TService, TRequest, TResponse>(
    TService service, TRequest request, IServerStreamWriter<TResponse> stream, ServerCallContext serverCallContext);

/// <summary>A bidirectional method of <typeparamref name="TService"/>.</summary>
public delegate Task DuplexStreamingServerMethod<TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> input, IServerStreamWriter<TResponse> output, ServerCallContext serverCallContext);
