using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Messages;

/// <summary>Turns messages of one call into frames. One message at a time.</summary>
/// <param name="maxSize">Of the message before compression; null is unlimited.</param>
/// <param name="compression">What <c>grpc-encoding</c> of this call names; null sends everything as it is.</param>
sealed class MessageSerializer(int? maxSize, ICompressionProvider? compression) : SerializationContext
{
    FrameBuffer _frame = new();
    bool _begun;

    /// <summary>Writes the message into the frame.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED when it is too large.</exception>
    public void Serialize<T>(T message, Marshaller<T> marshaller, FrameBuffer frame, WriteOptions? options)
    {
        _frame = frame;
        _begun = false;
        marshaller.ContextualSerializer(message, this);
        if (!_begun)
        {
            SetPayloadLength(0);
        }

        CheckSize(frame.PayloadLength);
        var compress = compression is not null && options?.Flags.HasFlag(WriteFlags.NoCompress) != true;
        if (compress)
        {
            Compress(frame);
        }

        frame.End(compress);
    }

    public override void SetPayloadLength(int payloadLength)
    {
        CheckSize(payloadLength);
        _frame.Begin(payloadLength);
        _begun = true;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (!_begun)
        {
            SetPayloadLength(0);
        }

        return _frame;
    }

    public override void Complete()
    {
        // The frame ends when the serializer returns; a second way to say so is not needed.
    }

    public override void Complete(byte[] payload)
    {
        SetPayloadLength(payload.Length);
        _frame.Write(payload);
    }

    void CheckSize(long size)
    {
        if (size > maxSize)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, $"The request message of {size} bytes is larger than the limit of {maxSize}."));
        }
    }

    void Compress(FrameBuffer frame)
    {
        var compressed = new FrameBuffer();
        compressed.Begin(payloadLength: 0);
        using (var stream = compression!.CreateCompressionStream(new BufferWriterStream(compressed), CompressionLevel.Fastest))
        {
            frame.CopyPayloadTo(stream);
        }

        frame.TakeFrom(compressed);
    }
}
