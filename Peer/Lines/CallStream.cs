using Google.Protobuf;
using Grpc.Core;

namespace P2P.Peers.Lines;

/// <summary>The bytes that a call carries both ways in its messages. One reader and one writer at a time, as with a socket.</summary>
/// <param name="call">The call; disposed of with the stream.</param>
/// <param name="wrap">Makes a message of bytes.</param>
/// <param name="dataOf">The bytes of a message.</param>
sealed class CallStream<TRequest, TResponse>(
    AsyncDuplexStreamingCall<TRequest, TResponse> call, Func<ByteString, TRequest> wrap, Func<TResponse, ByteString> dataOf) : ConnectionStream
    where TRequest : class
    where TResponse : class
{
    const int LargestWrite = 64 * 1024;

    ReadOnlyMemory<byte> _left;

    /// <exception cref="IOException">The call broke; the message is the other side's.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_left.IsEmpty && buffer.Length > 0)
        {
            try
            {
                if (!await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
                {
                    return 0;
                }
            }
            catch (RpcException broken)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new IOException(broken.Status.Detail, broken);
            }

            _left = dataOf(call.ResponseStream.Current).Memory;
        }

        var count = Math.Min(_left.Length, buffer.Length);
        _left[..count].CopyTo(buffer);
        _left = _left[count..];
        return count;
    }

    /// <exception cref="IOException">The call broke.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            var part = buffer[..Math.Min(buffer.Length, LargestWrite)];
            try
            {
                // Returns when the bytes are taken, so that the memory may change again.
                // Not to be cancelled by itself: half a message cannot be taken back.
                await call.RequestStream.WriteAsync(wrap(UnsafeByteOperations.UnsafeWrap(part)), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is RpcException or InvalidOperationException)
            {
                throw new IOException("The call that carries the connection is over.", broken);
            }

            buffer = buffer[part.Length..];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            call.Dispose();
        }

        base.Dispose(disposing);
    }
}
