using Google.Protobuf;

namespace Grpc.Wire;

/// <summary>
/// Messages whose one large <c>bytes</c> field is not copied when they are read from a stream.
/// </summary>
/// <remarks>
/// In the options of a channel (for response streams) or of a service (for request streams):
/// <code>options.BorrowedBytes.Add&lt;DownloadResponse&gt;(DownloadResponse.DataFieldNumber);</code>
/// Calls and handlers stay as they are, and so do clients and interceptors. What changes is the life of the field: its memory is the
/// buffer that the bytes were received in, good until the next <c>MoveNext</c> (or, on a server, the end of the handler). Whoever
/// wants to keep them longer copies them. A call that ends while a message is in use leaves it the memory. Responses and requests
/// that are no stream are read as ever, and so are JSON calls.
/// </remarks>
public sealed class BorrowedBytes
{
    readonly Dictionary<Type, Delegate> _deserializers = [];

    public BorrowedBytes()
    {
    }

    internal BorrowedBytes(BorrowedBytes other) => CopyFrom(other);

    /// <param name="fieldNumber">A singular field of type <c>bytes</c>, within a oneof or not.</param>
    /// <exception cref="ArgumentException">The message has no such field.</exception>
    public void Add<T>(int fieldNumber) where T : class, IMessage<T>, new() =>
        _deserializers[typeof(T)] = new BytesField<T>(fieldNumber).ReadBorrowed;

    /// <summary>Reads a message of streams with code of one's own, from where its bytes lie.</summary>
    /// <param name="read">Gives the message; what is borrowed for longer than the call is its own to copy.</param>
    public void Add<T>(Func<DeserializationContext, T> read) where T : class => _deserializers[typeof(T)] = read;

    /// <summary>The same without looking at the message's descriptor, which a program may never need otherwise, and takes a while to build.</summary>
    /// <param name="fieldNumber">A singular field of type <c>bytes</c>, within a oneof or not; it is not checked.</param>
    /// <param name="set">Sets it.</param>
    public void Add<T>(int fieldNumber, Action<T, ByteString> set) where T : class, IMessage<T>, new() =>
        _deserializers[typeof(T)] = new BytesField<T>(fieldNumber, set).ReadBorrowed;

    internal void CopyFrom(BorrowedBytes other)
    {
        foreach (var (type, deserializer) in other._deserializers)
        {
            _deserializers[type] = deserializer;
        }
    }

    internal Func<DeserializationContext, T>? Find<T>() => (Func<DeserializationContext, T>?)_deserializers.GetValueOrDefault(typeof(T));
}
