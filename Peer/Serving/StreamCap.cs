using Grpc.Core;
using P2P.Content;

namespace P2P.Peers.Serving;

/// <summary>
/// Bounds the streams of one address, of every call together. What came over the directory's relay has no address, and is bounded there.
/// </summary>
sealed class StreamCap(ServingOptions options) : StreamGate
{
    readonly AddressCounts _open = new(options.StreamsPerAddress);

    protected override IDisposable? Enter(ServerCallContext context) => context.GetHttpContext().Connection.RemoteIpAddress is { } address
        ? _open.TryEnter(address) ?? throw CatalogRefusal.TooManyStreams(options.SlotRetry).ToRpcException()
        : null;
}
