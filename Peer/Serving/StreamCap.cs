using Grpc.Core;
using Grpc.Core.Interceptors;
using P2P.Content;

namespace P2P.Peers.Serving;

/// <summary>
/// Bounds the streams of one address, of every call together. What came over the directory's relay has no address, and is bounded there.
/// </summary>
sealed class StreamCap(ServingOptions options) : Interceptor
{
    readonly AddressCounts _open = new(options.StreamsPerAddress);

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var place = Enter(context);
        return await continuation(requestStream, context).ConfigureAwait(false);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var place = Enter(context);
        await continuation(request, responseStream, context).ConfigureAwait(false);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var place = Enter(context);
        await continuation(requestStream, responseStream, context).ConfigureAwait(false);
    }

    IDisposable? Enter(ServerCallContext context) => context.GetHttpContext().Connection.RemoteIpAddress is { } address
        ? _open.TryEnter(address) ?? throw CatalogRefusal.TooManyStreams(options.SlotRetry).ToRpcException()
        : null;
}
