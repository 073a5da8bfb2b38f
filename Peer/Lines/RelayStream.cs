using Google.Protobuf;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;

namespace P2P.Peers.Lines;

/// <summary>The bytes of a relay whose ends have met. One reader and one writer at a time, as with a socket.</summary>
sealed class RelayStream(AsyncDuplexStreamingCall<RelayRequest, RelayResponse> call) : ConnectionStream
{
    const int LargestWrite = 64 * 1024;

    ReadOnlyMemory<byte> _left;

    /// <exception cref="IOException">The relay broke; the message is the directory's.</exception>
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

            _left = call.ResponseStream.Current.Data.Memory;
        }

        var count = Math.Min(_left.Length, buffer.Length);
        _left[..count].CopyTo(buffer);
        _left = _left[count..];
        return count;
    }

    /// <exception cref="IOException">The relay broke.</exception>
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
                await call.RequestStream.WriteAsync(new RelayRequest { Data = UnsafeByteOperations.UnsafeWrap(part) }, CancellationToken.None)
                    .ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is RpcException or InvalidOperationException)
            {
                throw new IOException("The relay is over.", broken);
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
