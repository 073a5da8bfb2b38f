using Google.Protobuf;

namespace Grpc.Wire;

/// <summary>
/// Writes messages to a stream, the one large <c>bytes</c> field of each straight into the memory that is sent.
/// </summary>
/// <remarks>
/// One for a call, in a server's handler or around a client's request stream:
/// <code>
/// var chunks = new BytesFieldWriter&lt;DownloadResponse, (SafeFileHandle File, long Offset)&gt;(
///     responseStream, DownloadResponse.DataFieldNumber, static (target, from) =&gt; Read(from.File, target, from.Offset));
/// await chunks.WriteAsync(new DownloadResponse { Offset = offset }, length, (file, offset), cancellationToken);
/// </code>
/// The message has all other fields; it can be used again once the write is over. Nothing is allocated for a message. When
/// <c>fill</c> throws, nothing of the message has been written and the exception passes through; on a server the stream can go on.
/// The data of a google.api.HttpBody in a call over plain HTTP is treated likewise. A stream that an interceptor wrapped, and that of any
/// other JSON call, gets an ordinary message.
/// </remarks>
/// <typeparam name="T">The message.</typeparam>
/// <typeparam name="TState">What the field is filled from.</typeparam>
public sealed class BytesFieldWriter<T, TState> where T : class, IMessage<T>, IBufferMessage, new()
{
    readonly IAsyncStreamWriter<T> _writer;
    readonly IRawWriter<T>? _raw;
    readonly BytesField<T> _field;
    readonly SpanAction<byte, TState> _fill;
    readonly Action<T, SerializationContext> _serializer;
    readonly FillBytes _fillRaw;
    int _length;
    TState _state = default!;

    /// <param name="writer">The stream. Writes must not overlap, as ever.</param>
    /// <param name="fieldNumber">A singular field of type <c>bytes</c>, within a oneof or not.</param>
    /// <param name="fill">Fills the whole span, which is as long as was said to <see cref="WriteAsync"/>.</param>
    /// <exception cref="ArgumentException">The message has no such field.</exception>
    public BytesFieldWriter(IAsyncStreamWriter<T> writer, int fieldNumber, SpanAction<byte, TState> fill)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(fill);
        (_writer, _field, _fill) = (writer, new BytesField<T>(fieldNumber), fill);
        _raw = writer is IRawWriter<T> raw && raw.SendsOnly(fieldNumber) ? raw : null;
        _serializer = Serialize;
        _fillRaw = target => _fill(target, _state);
    }

    /// <param name="message">The other fields; this one is left out.</param>
    /// <param name="length">How many bytes the field has.</param>
    /// <param name="state">What they are filled from.</param>
    /// <param name="cancellationToken">Cancels the whole call, as for an ordinary write.</param>
    public Task WriteAsync(T message, int length, TState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (_raw is not null)
        {
            _state = state;
            return _raw.WriteAsync(message, length, _fillRaw, cancellationToken);
        }
        if (_writer is ISerializedWriter<T> direct)
        {
            (_length, _state) = (length, state);
            return direct.WriteAsync(message, _serializer, cancellationToken);
        }
        var bytes = new byte[length];
        _fill(bytes, state);
        _field.Set(message, UnsafeByteOperations.UnsafeWrap(bytes));
        return _writer.WriteAsync(message, cancellationToken);
    }

    // One span for all: either the whole message is advanced over, or nothing.
    void Serialize(T message, SerializationContext context)
    {
        var rest = message.CalculateSize();
        var prefix = _length == 0 ? 0 : _field.PrefixSize(_length);
        var size = rest + prefix + _length;
        context.SetPayloadLength(size);
        var output = context.GetBufferWriter();
        var target = output.GetSpan(size)[..size];
        message.WriteTo(target[..rest]);
        if (prefix > 0)
        {
            _field.WritePrefix(target[rest..], _length);
            _fill(target[(rest + prefix)..], _state);
        }
        output.Advance(size);
        context.Complete();
    }
}

/// <summary>A stream writer that takes another serializer than its method's for one message.</summary>
interface ISerializedWriter<T>
{
    Task WriteAsync(T message, Action<T, SerializationContext>? serializer, CancellationToken cancellationToken);
}

/// <summary>A stream writer that sends one bytes field of its messages as it is, and nothing around it.</summary>
interface IRawWriter<T>
{
    bool SendsOnly(int fieldNumber);

    /// <param name="message">What is to be known of it beside the bytes.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="fill">Fills the whole span. When it throws, nothing has been written.</param>
    Task WriteAsync(T message, int length, FillBytes fill, CancellationToken cancellationToken);
}

/// <summary>Fills the whole span.</summary>
delegate void FillBytes(Span<byte> target);
