using System.Buffers.Binary;

namespace Grpc.Wire;

/// <summary>The prefix of each message: a flag byte (1 when compressed), then the length as a big-endian 32-bit number.</summary>
static class MessageFraming
{
    public const int HeaderSize = 5;

    public static void WriteHeader(IBufferWriter<byte> output, int length, bool compressed)
    {
        SetHeader(output.GetSpan(HeaderSize), length, compressed);
        output.Advance(HeaderSize);
    }

    public static void SetHeader(Span<byte> header, int length, bool compressed)
    {
        header[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
    }

    /// <summary>Reads a header from the start of a buffer that may hold less than one.</summary>
    public static bool TryReadHeader(in ReadOnlySequence<byte> buffer, out byte flag, out uint length)
    {
        var reader = new SequenceReader<byte>(buffer);
        var isThere = reader.TryRead(out flag) & reader.TryReadBigEndian(out int value);
        length = (uint)value;
        return isThere;
    }
}
