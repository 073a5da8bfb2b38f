using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Dialing;

namespace P2P.Peers.Lines;

/// <summary>Reaches a peer by way of the directory: the peer dials out to this one where that can be, else both meet on a relay.</summary>
/// <param name="open">Opens a Relay call, which lives until it is disposed of.</param>
/// <param name="dialIns">Takes the connections of those who dial out; null where this program does not listen.</param>
sealed class RelayDetour(Func<AsyncDuplexStreamingCall<RelayRequest, RelayResponse>> open, IDialInDesk? dialIns)
{
    /// <summary>The bytes of a relay whose ends have met.</summary>
    public static Stream StreamOf(AsyncDuplexStreamingCall<RelayRequest, RelayResponse> call) =>
        new CallStream<RelayRequest, RelayResponse>(call, data => new RelayRequest { Data = data }, message => message.Data);

    /// <exception cref="RpcException">The directory refuses, or is an older one without Relay.</exception>
    public async Task<ReachedPeer> ReachAsync(string peerId, CancellationToken cancellationToken)
    {
        using var expected = dialIns is null ? null : await dialIns.ExpectAsync(cancellationToken).ConfigureAwait(false);
        var call = open();
        try
        {
            var request = new RelayOpen { PeerId = peerId, DialToken = expected?.Token ?? "" };
            await call.RequestStream.WriteAsync(new RelayRequest { Open = request }, CancellationToken.None)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "The directory ended the relay."));
            }

            if (call.ResponseStream.Current.Met is not null)
            {
                return new ReachedPeer(StreamOf(call), PeerRoute.Relayed);
            }

            if (call.ResponseStream.Current.Dialled is null || expected is null)
            {
                throw new RpcException(new Status(StatusCode.Internal, "The directory's answer makes no sense."));
            }

            var stream = await expected.Came.WaitAsync(cancellationToken).ConfigureAwait(false);
            expected.Keep();
            call.Dispose();
            return new ReachedPeer(stream, PeerRoute.DialledOut);
        }
        catch (Exception)
        {
            call.Dispose();
            throw;
        }
    }
}
