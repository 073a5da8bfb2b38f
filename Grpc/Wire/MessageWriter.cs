using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>
/// Serializes messages with their prefix into a buffer writer. A message that announces its length and is not compressed is
/// written in place; others pass through a pooled buffer, because the prefix comes first.
/// </summary>
sealed class MessageWriter : SerializationContext, IBufferWriter<byte>
{
    [ThreadStatic]
    static MessageWriter? t_free;

    IBufferWriter<byte> _output = null!;
    ICompressionProvider? _compression;
    CompressionLevel? _level;
    PooledBuffer? _buffer;
    int _maxSize;
    int? _announced;
    int _written;
    bool _inPlace;
    bool _begun;
    bool _complete;

    /// <summary>Writes one message. When it throws <see cref="RpcException"/>, nothing has been written.</summary>
    /// <param name="output">Where prefix and message go; the caller flushes.</param>
    /// <param name="message">The message.</param>
    /// <param name="serializer">Its marshaller's serializer.</param>
    /// <param name="maxSize">Largest message in bytes, before compression; null for no limit.</param>
    /// <param name="compression">Null to send it as it is.</param>
    /// <param name="level">Null for the provider's own level.</param>
    public static void Write<T>(
        IBufferWriter<byte> output, T message, Action<T, SerializationContext> serializer,
        int? maxSize = null, ICompressionProvider? compression = null, CompressionLevel? level = null)
    {
        var writer = t_free ?? new MessageWriter();
        t_free = null;
        (writer._output, writer._compression, writer._level, writer._maxSize) = (output, compression, level, maxSize ?? int.MaxValue);
        try
        {
            serializer(message, writer);
            if (!writer._complete)
            {
                throw new InvalidOperationException("A serializer did not complete its message.");
            }
        }
        finally
        {
            writer.Reset();
            t_free = writer;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        CheckSize(payloadLength);
        _announced = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        _inPlace = _announced is not null && _compression is null;
        if (!_inPlace)
        {
            _buffer ??= new PooledBuffer(_announced.GetValueOrDefault());
        }
        return this;
    }

    public override void Complete()
    {
        if (_announced is { } length && length != _written)
        {
            throw new InvalidOperationException($"A serializer announced {length} bytes and wrote {_written}.");
        }
        if (!_inPlace)
        {
            WriteWhole(_buffer is null ? default : _buffer.WrittenSpan);
        }
        else if (!_begun)
        {
            MessageFraming.WriteHeader(_output, 0, compressed: false);
        }
        _complete = true;
    }

    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        WriteWhole(payload);
        _complete = true;
    }

    public void Advance(int count)
    {
        _written += count;
        if (_buffer is not null)
        {
            _buffer.Advance(count);
        }
        else if (count > 0)
        {
            _output.Advance(_begun ? count : MessageFraming.HeaderSize + count);
            _begun = true;
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer is not null || _begun)
        {
            return (_buffer ?? _output).GetMemory(sizeHint);
        }
        // The prefix goes out with the first bytes: a serializer that fails before it has any leaves no trace.
        var memory = _output.GetMemory(MessageFraming.HeaderSize + Math.Max(sizeHint, 1));
        MessageFraming.SetHeader(memory.Span, _announced!.Value, compressed: false);
        return memory[MessageFraming.HeaderSize..];
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    void WriteWhole(ReadOnlySpan<byte> payload)
    {
        CheckSize(payload.Length);
        if (_compression is null)
        {
            MessageFraming.WriteHeader(_output, payload.Length, compressed: false);
            _output.Write(payload);
            return;
        }
        using var compressed = new PooledBuffer(payload.Length);
        using (var stream = _compression.CreateCompressionStream(compressed, _level))
        {
            stream.Write(payload);
        }
        MessageFraming.WriteHeader(_output, compressed.WrittenSpan.Length, compressed: true);
        _output.Write(compressed.WrittenSpan);
    }

    void CheckSize(int length)
    {
        if (length > _maxSize)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, $"A message of {length} bytes exceeds the maximum size of {_maxSize} bytes for sending."));
        }
    }

    void Reset()
    {
        _buffer?.Dispose();
        (_output, _compression, _buffer, _announced) = (null!, null, null, null);
        (_written, _inPlace, _begun, _complete) = (0, false, false, false);
    }
}
