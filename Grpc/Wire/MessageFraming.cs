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

    /// <summary>Reads as much of a header as the buffer holds: a flag or a length that is not there yet is 0.</summary>
    public static (byte Flag, uint Length) ReadHeader(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        _ = reader.TryRead(out var flag);
        _ = reader.TryReadBigEndian(out int length);
        return (flag, (uint)length);
    }
}
