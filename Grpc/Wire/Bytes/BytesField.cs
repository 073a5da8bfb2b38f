using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Grpc.Wire;

/// <summary>One singular <c>bytes</c> field of a message type, read and written apart from the others.</summary>
sealed class BytesField<T> where T : class, IMessage<T>, new()
{
    const int VarintWireType = 0, Fixed64WireType = 1, LengthWireType = 2, Fixed32WireType = 5;
    const int LongestVarint = 10;

    readonly Action<T, ByteString> _set;
    readonly uint _tag;

    public BytesField(int number)
    {
        var field = new T().Descriptor.FindFieldByNumber(number);
        if (field is not { FieldType: FieldType.Bytes, IsRepeated: false })
        {
            throw new ArgumentException($"{typeof(T).Name} has no singular bytes field {number}.", nameof(number));
        }
        _set = field.Accessor.SetValue;
        _tag = TagOf(number);
    }

    public BytesField(int number, Action<T, ByteString> set) => (_set, _tag) = (set, TagOf(number));

    public void Set(T message, ByteString value) => _set(message, value);

    /// <summary>How many bytes the field's tag and length take before a value of that length.</summary>
    public int PrefixSize(int length) => CodedOutputStream.ComputeRawVarint32Size(_tag) + CodedOutputStream.ComputeLengthSize(length);

    public void WritePrefix(Span<byte> target, int length) => WriteVarint(target[WriteVarint(target, _tag)..], (uint)length);

    /// <summary>Reads a message whose field is a part of the payload. What is around it goes through the library's parser, in order.</summary>
    public T ReadBorrowed(DeserializationContext context)
    {
        var payload = context is MessageReader reader ? reader.Borrow() : context.PayloadAsNewBuffer();
        var message = new T();
        var bytes = payload.Span;
        int pending = 0, at = 0;
        while (TryReadField(bytes, ref at, out var tag, out var value))
        {
            if (tag == _tag)
            {
                message.MergeFrom(bytes[pending..value.Field]);
                Set(message, UnsafeByteOperations.UnsafeWrap(payload[value.Start..at]));
                pending = at;
            }
        }
        // What is no field, groups included, is the parser's to judge.
        message.MergeFrom(bytes[pending..]);
        return message;
    }

    static uint TagOf(int number) => ((uint)number << 3) | LengthWireType;

    static bool TryReadField(ReadOnlySpan<byte> bytes, ref int at, out ulong tag, out (int Field, int Start) value)
    {
        value = (at, 0);
        if (!TryReadVarint(bytes, ref at, out tag))
        {
            return false;
        }
        ulong length = (tag & 7) switch
        {
            VarintWireType when TryReadVarint(bytes, ref at, out _) => 0,
            Fixed64WireType => sizeof(ulong),
            Fixed32WireType => sizeof(uint),
            LengthWireType when TryReadVarint(bytes, ref at, out var said) => said,
            _ => ulong.MaxValue,
        };
        if (length > (ulong)(bytes.Length - at))
        {
            return false;
        }
        value.Start = at;
        at += (int)length;
        return true;
    }

    static bool TryReadVarint(ReadOnlySpan<byte> bytes, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 7 * LongestVarint && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            value += (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }
        return false;
    }

    static int WriteVarint(Span<byte> target, uint value)
    {
        var written = 0;
        for (; value >= 0x80; value >>= 7)
        {
            target[written++] = (byte)(value | 0x80);
        }
        target[written++] = (byte)value;
        return written;
    }
}
