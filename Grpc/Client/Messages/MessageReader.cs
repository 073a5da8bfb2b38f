using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Messages;

/// <summary>
/// Takes messages out of a response body. The body is read into pooled segments below the large object heap, and a
/// message is deserialized where it lies. For one reader at a time.
/// </summary>
sealed class MessageReader<T>(
    Stream body, Marshaller<T> marshaller, int? maxSize, string? encoding, ICompressionProvider? compression)
    where T : class
{
    const int PrefixLength = 5;

    static readonly StreamPipeReaderOptions s_options = new(bufferSize: 64 * 1024, minimumReadSize: 4 * 1024, leaveOpen: true);

    readonly PipeReader _pipe = PipeReader.Create(body, s_options);
    readonly PayloadContext _context = new();

    /// <returns>Null at the end of the body.</returns>
    /// <exception cref="RpcException">The body breaks the protocol, or a message is too large.</exception>
    public async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (TryTake(read.Buffer, out var consumed, out var message))
            {
                _pipe.AdvanceTo(consumed);
                return message;
            }

            if (read.IsCompleted)
            {
                return read.Buffer.IsEmpty ? null : throw Broken("The response ended inside a message.");
            }

            _pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Returns the buffers. Not while a read is running.</summary>
    public void Release() => _pipe.Complete();

    bool TryTake(in ReadOnlySequence<byte> buffer, out SequencePosition consumed, out T? message)
    {
        consumed = buffer.Start;
        message = null;
        if (buffer.Length < PrefixLength)
        {
            return false;
        }

        var (compressed, length) = ReadPrefix(buffer);
        if (buffer.Length - PrefixLength < length)
        {
            return false;
        }

        var payload = buffer.Slice(PrefixLength, length);
        consumed = payload.End;
        message = compressed ? Inflate(payload) : Deserialize(payload);
        return true;
    }

    (bool Compressed, uint Length) ReadPrefix(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (prefix[0] > 1)
        {
            throw Broken($"The response has a message with the unknown flag {prefix[0]}.");
        }

        if (prefix[0] == 1 && compression is null)
        {
            throw Broken(encoding is null or "identity"
                ? "The response has a compressed message but names no encoding."
                : $"The response is encoded with '{encoding}', which this client did not offer.");
        }

        // Before anything is buffered. What a ReadOnlySequence<byte> cannot say is too large in any case.
        return length <= (uint)(maxSize ?? int.MaxValue) ? (prefix[0] == 1, length) : throw TooLarge();
    }

    T Deserialize(in ReadOnlySequence<byte> payload)
    {
        try
        {
            return _context.Deserialize(marshaller, payload) ?? throw Broken("The response message could not be read.");
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Broken("The response message could not be read.", exception);
        }
    }

    T Inflate(in ReadOnlySequence<byte> payload)
    {
        var inflated = new FrameBuffer();
        inflated.Begin(payloadLength: 0);
        try
        {
            using var source = PipeReader.Create(payload).AsStream();
            using var stream = compression!.CreateDecompressionStream(source);
            while (stream.Read(inflated.GetSpan()) is > 0 and var count)
            {
                inflated.Advance(count);
                if (inflated.PayloadLength > maxSize)
                {
                    throw TooLarge();
                }
            }

            return Deserialize(inflated.Payload());
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw Broken("A compressed response message could not be inflated.", exception);
        }
        finally
        {
            inflated.Reset();
        }
    }

    RpcException TooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, $"The response message is larger than the limit of {maxSize} bytes."));

    static RpcException Broken(string detail, Exception? cause = null) => new(new Status(StatusCode.Internal, detail, cause));
}
