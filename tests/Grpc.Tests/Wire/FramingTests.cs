using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

public sealed class FramingTests
{
    static readonly GzipCompressionProvider s_gzip = new(CompressionLevel.Fastest);

    [Fact]
    public void WriteThenRead_AnyMessagesInAnySegments_ComeBackEqual() => Prop.ForAll<byte[][], byte, bool>(
        (messages, segment, compressed) =>
        {
            var compression = compressed ? s_gzip : null;
            var output = new ArrayBufferWriter<byte>();
            foreach (var message in messages)
            {
                MessageWriter.Write(output, message, message.Length % 2 == 0 ? Announced : Whole, compression: compression);
            }
            var read = ReadAll(Segments(output.WrittenMemory, Math.Max(1, (int)segment)), new MessageFormat(null, compression, default));
            return messages.Select(Convert.ToHexString).SequenceEqual(read.Select(Convert.ToHexString));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Write_InPlace_IsFlagLengthAndPayload()
    {
        var output = new ArrayBufferWriter<byte>();

        MessageWriter.Write<byte[]>(output, [7, 8, 9], Announced);

        Assert.Equal([0, 0, 0, 0, 3, 7, 8, 9], output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Write_FaultySerializers_ThrowAndLeaveTheWriterUsable()
    {
        var output = new ArrayBufferWriter<byte>();

        Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(output, "", (_, _) => { }));
        Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(output, "", (_, context) =>
        {
            context.SetPayloadLength(2);
            context.GetBufferWriter().Advance(1);
            context.Complete();
        }));
        output.Clear();
        MessageWriter.Write<byte[]>(output, [1], Whole);

        Assert.Equal([0, 0, 0, 0, 1, 1], output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Write_OverTheLimit_IsResourceExhaustedAndWritesNothing()
    {
        var output = new ArrayBufferWriter<byte>();

        foreach (var serializer in new[] { Announced, Whole, Unannounced })
        {
            var exception = Assert.Throws<RpcException>(() => MessageWriter.Write(output, new byte[11], serializer, maxSize: 10));
            Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
        }
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public async Task Read_LengthOverInt32_IsResourceExhausted()
    {
        var reader = PipeReader.Create(new ReadOnlySequence<byte>([0, 0xFF, 0xFF, 0xFF, 0xFF]));

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await ReadAsync(reader, MessageFormat.Identity(null)));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task Read_MessageThatInflatesToTheLimit_IsAcceptedAndOneByteMoreIsNot()
    {
        var output = new ArrayBufferWriter<byte>();
        MessageWriter.Write(output, new byte[100_000], Whole, compression: s_gzip);

        var fits = await ReadAsync(PipeReader.Create(new(output.WrittenMemory)), new MessageFormat(100_000, s_gzip, default));
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await ReadAsync(PipeReader.Create(new(output.WrittenMemory)), new MessageFormat(99_999, s_gzip, default)));

        Assert.Equal(100_000, fits!.Length);
        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    static void Announced(byte[] message, SerializationContext context)
    {
        context.SetPayloadLength(message.Length);
        Unannounced(message, context);
    }

    static void Unannounced(byte[] message, SerializationContext context)
    {
        context.GetBufferWriter().Write(message);
        context.Complete();
    }

    static void Whole(byte[] message, SerializationContext context) => context.Complete(message);

    static ValueTask<byte[]?> ReadAsync(PipeReader reader, MessageFormat format) =>
        new MessageReader(reader, format).ReadAsync(context => context.PayloadAsNewBuffer(), TestContext.Current.CancellationToken);

    // A reader over bytes that are all there never waits.
    static List<byte[]> ReadAll(ReadOnlySequence<byte> bytes, MessageFormat format)
    {
        var reader = PipeReader.Create(bytes);
        var messages = new List<byte[]>();
        while (ReadAsync(reader, format).AsTask().GetAwaiter().GetResult() is { } message)
        {
            messages.Add(message);
        }
        return messages;
    }

    internal static ReadOnlySequence<byte> Segments(ReadOnlyMemory<byte> bytes, int size)
    {
        var first = new Segment(bytes[..Math.Min(size, bytes.Length)], 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = last.Append(bytes.Slice(at, Math.Min(size, bytes.Length - at)));
        }
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
