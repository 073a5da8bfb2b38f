using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>How the messages of one direction of a call are read.</summary>
/// <param name="MaxSize">Largest message in bytes, inflated; null for no limit.</param>
/// <param name="Compression">The encoding of compressed messages; null when they cannot be read.</param>
/// <param name="WithoutCompression">How a compressed message fails when <paramref name="Compression"/> is null.</param>
sealed record MessageFormat(int? MaxSize, ICompressionProvider? Compression, Status WithoutCompression)
{
    /// <summary>No compression was announced: a compressed message breaks the protocol.</summary>
    public static MessageFormat Identity(int? maxSize) => new(
        maxSize, null, new Status(StatusCode.Internal, "A message is compressed, but no encoding was announced."));
}

/// <summary>
/// Reads messages straight from a pipe. A message is handed to the deserializer where it lies, and its length is checked before
/// anything waits for its bytes. Every breach of the protocol is an <see cref="RpcException"/>.
/// </summary>
static class MessageReader
{
    /// <summary>The next message, or null at the end of the stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<T?> ReadAsync<T>(
        PipeReader input, Func<DeserializationContext, T> deserializer, MessageFormat format, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCanceled)
            {
                throw new OperationCanceledException("Reading the stream of messages was cancelled.");
            }
            var buffer = result.Buffer;
            if (TryRead(buffer, deserializer, format, out var message, out var end))
            {
                input.AdvanceTo(end);
                return message;
            }
            if (!result.IsCompleted)
            {
                input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }
            if (!buffer.IsEmpty)
            {
                throw Failure(StatusCode.Internal, "The stream ended within a message.");
            }
            input.AdvanceTo(buffer.End);
            return null;
        }
    }

    static bool TryRead<T>(
        in ReadOnlySequence<byte> buffer, Func<DeserializationContext, T> deserializer, MessageFormat format,
        out T? message, out SequencePosition end) where T : class
    {
        (message, end) = (null, default);
        if (!MessageFraming.TryReadHeader(buffer, out var flag, out var length))
        {
            return false;
        }
        Check(flag, length, format);
        if (buffer.Length - MessageFraming.HeaderSize < length)
        {
            return false;
        }
        var payload = buffer.Slice(MessageFraming.HeaderSize, length);
        end = payload.End;
        message = flag == 0 ? Deserialize(payload, deserializer) : Inflate(payload, deserializer, format);
        return true;
    }

    static void Check(byte flag, uint length, MessageFormat format)
    {
        if (flag > 1)
        {
            throw Failure(StatusCode.Internal, "The flag of a message is neither 0 nor 1.");
        }
        if (flag == 1 && format.Compression is null)
        {
            throw new RpcException(format.WithoutCompression);
        }
        if (length > (format.MaxSize ?? int.MaxValue))
        {
            throw TooLarge(format.MaxSize);
        }
    }

    static T Inflate<T>(ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserializer, MessageFormat format)
        where T : class
    {
        using var inflated = new PooledBuffer((int)Math.Min(payload.Length * 2, 64 * 1024));
        try
        {
            using var stream = format.Compression!.CreateDecompressionStream(new SequenceStream(payload));
            int read;
            while ((read = stream.Read(inflated.GetSpan())) > 0)
            {
                inflated.Advance(read);
                if (inflated.Length > (format.MaxSize ?? int.MaxValue))
                {
                    throw TooLarge(format.MaxSize);
                }
            }
        }
        catch (InvalidDataException exception)
        {
            throw Failure(StatusCode.Internal, "A compressed message is corrupt.", exception);
        }
        return Deserialize(new ReadOnlySequence<byte>(inflated.WrittenMemory), deserializer);
    }

    static T Deserialize<T>(in ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserializer) where T : class
    {
        var context = Payload.Rent(payload);
        try
        {
            return deserializer(context)
                ?? throw new InvalidOperationException("A deserializer returned null.");
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Failure(StatusCode.Internal, "A message could not be parsed.", exception);
        }
        finally
        {
            context.Return();
        }
    }

    static RpcException TooLarge(int? maxSize) =>
        Failure(StatusCode.ResourceExhausted, $"A received message exceeds the maximum size of {maxSize ?? int.MaxValue} bytes.");

    static RpcException Failure(StatusCode code, string detail, Exception? cause = null) => new(new Status(code, detail, cause));

    /// <summary>Shows one payload to a deserializer. Deserializing never waits, so one instance per thread suffices.</summary>
    sealed class Payload : DeserializationContext
    {
        [ThreadStatic]
        static Payload? t_free;

        ReadOnlySequence<byte> _bytes;

        public override int PayloadLength => (int)_bytes.Length;

        public static Payload Rent(in ReadOnlySequence<byte> bytes)
        {
            var payload = t_free ?? new Payload();
            t_free = null;
            payload._bytes = bytes;
            return payload;
        }

        public void Return()
        {
            _bytes = default;
            t_free = this;
        }

        public override byte[] PayloadAsNewBuffer() => _bytes.ToArray();

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _bytes;
    }
}
