using Google.Protobuf;
using Grpc.Core;
using P2P.Peers.Lines;
using P2P.Peers.Local.V1;

namespace P2P.Peers.Local;

/// <summary>Takes one connection for a command of this user: 1. gives a token, 2. waits for who brings it, 3. carries bytes until either ends.</summary>
static class DialInCarrier
{
    const int LargestRead = 64 * 1024;

    public static async Task RunAsync(
        DialIns dialIns, IAsyncStreamReader<DialInRequest> requests, IServerStreamWriter<DialInResponse> responses, CancellationToken cancellationToken)
    {
        // 1.
        using var expected = dialIns.Expect();
        await responses.WriteAsync(new DialInResponse { Token = expected.Token }, cancellationToken).ConfigureAwait(false);
        // 2.
        await using var stream = await expected.Came.WaitAsync(cancellationToken).ConfigureAwait(false);
        expected.Keep();
        await responses.WriteAsync(new DialInResponse(), cancellationToken).ConfigureAwait(false);
        // 3.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] both = [InAsync(stream, responses, stop.Token), OutAsync(stream, requests, stop.Token)];
        await Task.WhenAny(both).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(both).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    static async Task InAsync(Stream stream, IServerStreamWriter<DialInResponse> responses, CancellationToken cancellationToken)
    {
        var buffer = new byte[LargestRead];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await responses.WriteAsync(new DialInResponse { Data = ByteString.CopyFrom(buffer, 0, read) }, cancellationToken).ConfigureAwait(false);
        }
    }

    static async Task OutAsync(Stream stream, IAsyncStreamReader<DialInRequest> requests, CancellationToken cancellationToken)
    {
        while (await requests.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            await stream.WriteAsync(requests.Current.Data.Memory, cancellationToken).ConfigureAwait(false);
        }
    }
}
