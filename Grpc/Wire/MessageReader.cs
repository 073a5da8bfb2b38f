using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Grpc.Wire;

/// <summary>
/// Reads the messages of one direction of a call straight from a pipe, one read at a time. A message is handed to the deserializer
/// where it lies, and its length is checked before anything waits for its bytes. Every breach of the protocol is an
/// <see cref="RpcException"/>.
/// </summary>
sealed class MessageReader(PipeReader input, MessageFormat format) : DeserializationContext, IDisposable
{
    // So much a decompressor is asked for before the buffer grows.
    const int InflatedAtOnce = 16 * 1024;

    ReadOnlySequence<byte> _payload;
    SequencePosition _end;
    PooledBuffer? _copy;
    bool _isLent;

    public override int PayloadLength => (int)_payload.Length;

    /// <summary>Whether the last message still uses what <see cref="Borrow"/> gave.</summary>
    public bool IsLent => _isLent || _copy is not null;

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>The payload in one piece. It stays as it is until the next message is asked for.</summary>
    public ReadOnlyMemory<byte> Borrow()
    {
        if (_payload.IsSingleSegment)
        {
            _isLent = true;
            return _payload.First;
        }
        if (_copy is null)
        {
            _copy = new PooledBuffer((int)_payload.Length);
            foreach (var segment in _payload)
            {
                _copy.Write(segment.Span);
            }
        }
        return _copy.WrittenMemory;
    }

    /// <summary>The next message, or null at the end of the stream. Takes back what was borrowed from the one before.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        TakeBack();
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (TryFindMessage(result, out var flag))
            {
                return Read(flag, deserializer);
            }
            if (!GoOn(result))
            {
                return null;
            }
        }
    }

    /// <summary>
    /// The one message of a stream, once the stream has ended, or null when there was none. That the end comes with the message, as it
    /// mostly does, saves a read.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadSingleAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var isThere = TryFindMessage(result, out var flag);
            if (isThere && result.Buffer.Length > MessageFraming.HeaderSize + _payload.Length)
            {
                throw Failure(StatusCode.Internal, "There is more than one message where one is due.");
            }
            if (isThere && result.IsCompleted)
            {
                return Read(flag, deserializer);
            }
            if (!GoOn(result))
            {
                return null;
            }
        }
    }

    /// <summary>No message is used any more. The pipe is not this class's to end.</summary>
    public void Dispose()
    {
        _copy?.Dispose();
        _copy = null;
    }

    void TakeBack()
    {
        if (_isLent)
        {
            _isLent = false;
            input.AdvanceTo(_end);
        }
        Dispose();
    }

    /// <summary>Whether a whole message lies at the beginning of what was read; it is the payload then.</summary>
    bool TryFindMessage(in ReadResult result, out byte flag)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("Reading the stream of messages was cancelled.");
        }
        var buffer = result.Buffer;
        (flag, var length) = MessageFraming.ReadHeader(buffer);
        Check(flag, length);
        if (buffer.Length < MessageFraming.HeaderSize + (long)length)
        {
            return false;
        }
        _payload = buffer.Slice(MessageFraming.HeaderSize, length);
        return true;
    }

    /// <summary>Waits for more, unless nothing more comes.</summary>
    bool GoOn(in ReadResult result)
    {
        var buffer = result.Buffer;
        if (!result.IsCompleted)
        {
            input.AdvanceTo(buffer.Start, buffer.End);
            return true;
        }
        if (!buffer.IsEmpty)
        {
            throw Failure(StatusCode.Internal, "The stream ended within a message.");
        }
        input.AdvanceTo(buffer.End);
        return false;
    }

    T Read<T>(byte flag, Func<DeserializationContext, T> deserializer) where T : class
    {
        _end = _payload.End;
        var message = flag == 0 ? Deserialize(deserializer) : Inflate(deserializer);
        if (!_isLent)
        {
            input.AdvanceTo(_end);
        }
        return message;
    }

    void Check(byte flag, uint length)
    {
        if (flag > 1)
        {
            throw Failure(StatusCode.Internal, "The flag of a message is neither 0 nor 1.");
        }
        if (flag == 1 && format.Compression is null)
        {
            throw new RpcException(format.WithoutCompression);
        }
        if (length > format.Limit)
        {
            throw TooLarge();
        }
    }

    T Inflate<T>(Func<DeserializationContext, T> deserializer) where T : class
    {
        _copy = new PooledBuffer(InflatedAtOnce);
        try
        {
            using var stream = format.Compression!.CreateDecompressionStream(new SequenceStream(_payload));
            int read;
            while ((read = stream.Read(_copy.GetSpan())) > 0)
            {
                _copy.Advance(read);
                if (_copy.Length > format.Limit)
                {
                    throw TooLarge();
                }
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            // A stream that asks for a preset dictionary is an IOException.
            throw Failure(StatusCode.Internal, "A compressed message is corrupt.", exception);
        }
        _payload = new ReadOnlySequence<byte>(_copy.WrittenMemory);
        var message = Deserialize(deserializer);
        if (!_isLent)
        {
            Dispose();
        }
        _isLent = false;
        return message;
    }

    T Deserialize<T>(Func<DeserializationContext, T> deserializer) where T : class
    {
        try
        {
            return deserializer(this)
                ?? throw new InvalidOperationException("A deserializer returned null.");
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Failure(StatusCode.Internal, "A message could not be parsed.", exception);
        }
        finally
        {
            _payload = default;
        }
    }

    RpcException TooLarge() => Failure(
        StatusCode.ResourceExhausted, $"A received message exceeds the maximum size of {format.Limit} bytes.");

    static RpcException Failure(StatusCode code, string detail, Exception? cause = null) => new(new Status(code, detail, cause));
}
