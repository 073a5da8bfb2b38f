using System.Buffers;
using Grpc.Core;

namespace Grpc.Net.Client.Messages;

/// <summary>
/// What a deserializer sees of one message: the received buffers themselves, valid until it returns. A marshaller that
/// takes what it needs from the sequence copies nothing else.
/// </summary>
sealed class PayloadContext : DeserializationContext
{
    ReadOnlySequence<byte> _payload;

    public override int PayloadLength => (int)_payload.Length;

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    public T Deserialize<T>(Marshaller<T> marshaller, ReadOnlySequence<byte> payload)
    {
        _payload = payload;
        try
        {
            return marshaller.ContextualDeserializer(this);
        }
        finally
        {
            _payload = default;
        }
    }
}
