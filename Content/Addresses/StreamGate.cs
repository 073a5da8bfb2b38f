using Grpc.Core;
using Grpc.Core.Interceptors;

namespace P2P.Content;

/// <summary>Lets a call that streams, in either direction or both, in before it begins, and knows when it is over.</summary>
public abstract class StreamGate : Interceptor
{
    /// <returns>Disposed of when the call is over; null for a call that is not counted.</returns>
    /// <exception cref="Exception">It is not let in.</exception>
    protected abstract IDisposable? Enter(ServerCallContext context);

    public sealed override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        using IDisposable? place = Enter(context);
        return await continuation(requestStream, context);
    }

    public sealed override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        using IDisposable? place = Enter(context);
        await continuation(request, responseStream, context);
    }

    public sealed override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        using IDisposable? place = Enter(context);
        await continuation(requestStream, responseStream, context);
    }
}
