using System.Buffers;
using System.IO.Pipelines;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Interop;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

/// <summary>A message read or written with its bytes field apart is the same as the library's.</summary>
public sealed class BytesFieldTests
{
    [Fact]
    public void ReadBorrowed_AnyMessageInAnySegments_IsWhatTheParserReads() => Prop.ForAll<byte[], byte[], byte>((first, second, segment) =>
    {
        // Two encodings after each other merge, so the field and its oneof come several times and in any order.
        var part = new InteropPart { Before = -3, Word = 7, LongWord = 9, After = "later", Data = ByteString.CopyFrom(first) };
        var header = new InteropPart { Header = new InteropRequest { Payload = ByteString.CopyFrom(second), Count = 5 } };
        byte[] unknown = [0x7A, 2, 1, 2];
        foreach (var bytes in new byte[][]
        {
            part.ToByteArray(),
            [.. header.ToByteArray(), .. unknown, .. part.ToByteArray()],
            [.. part.ToByteArray(), .. header.ToByteArray()],
            [.. part.ToByteArray(), .. part.ToByteArray(), .. unknown],
        })
        {
            var message = Read(bytes, Math.Max(1, (int)segment), out _);
            Assert.Equal(InteropPart.Parser.ParseFrom(bytes), message);
            Assert.Equal(bytes.Length, message.CalculateSize() + (bytes.Length - InteropPart.Parser.ParseFrom(bytes).CalculateSize()));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void ReadBorrowed_DamagedBytes_AreReadOrRefusedAsByTheParser() => Prop.ForAll<byte[], int, byte>((data, at, value) =>
    {
        var bytes = new InteropPart { Before = 300, Data = ByteString.CopyFrom(data), After = "x", LongWord = 1 }.ToByteArray();
        bytes[(int)((uint)at % (uint)bytes.Length)] = value;
        foreach (var damaged in new[] { bytes, bytes[..^1], bytes[..(bytes.Length / 2)] })
        {
            InteropPart? expected = null;
            try
            {
                expected = InteropPart.Parser.ParseFrom(damaged);
            }
            catch (InvalidProtocolBufferException)
            {
                Assert.Equal(StatusCode.Internal, Assert.Throws<RpcException>(() => Read(damaged, 3, out _)).StatusCode);
                continue;
            }
            Assert.Equal(expected, Read(damaged, 3, out _));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Write_AnyMessage_IsWhatTheParserReads() => Prop.ForAll<byte[], int>((data, before) =>
    {
        var stream = new FrameStream();
        var writer = new BytesFieldWriter<InteropPart, byte[]>(
            stream, InteropPart.DataFieldNumber, static (target, from) => from.CopyTo(target));
        writer.WriteAsync(new InteropPart { Before = before, After = "z" }, data.Length, data, CancellationToken.None).GetAwaiter().GetResult();

        var expected = new InteropPart { Before = before, After = "z", Data = ByteString.CopyFrom(data) };
        var frame = stream.Output.WrittenSpan;
        Assert.Equal(frame.Length - 5, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame[1..]));
        // An empty value is left out, as by the library for fields without presence; in a oneof that is a difference.
        Assert.Equal(data.Length > 0 ? expected : new InteropPart { Before = before, After = "z" }, InteropPart.Parser.ParseFrom(frame[5..]));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Write_FillThrows_NothingIsWrittenAndTheNextMessageIs()
    {
        var stream = new FrameStream();
        var writer = new BytesFieldWriter<InteropPart, bool>(
            stream, InteropPart.DataFieldNumber, static (target, fail) => target.Fill(fail ? throw new IOException("short") : (byte)1));

        await Assert.ThrowsAsync<IOException>(() => writer.WriteAsync(new InteropPart(), 100, true, CancellationToken.None));
        Assert.Equal(0, stream.Output.WrittenCount);
        await writer.WriteAsync(new InteropPart(), 1, false, CancellationToken.None);

        Assert.Equal([0, 0, 0, 0, 3, 0x1A, 1, 1], stream.Output.WrittenSpan.ToArray());
    }

    [Fact]
    public async Task Write_WrappedStream_GetsAnOrdinaryMessage()
    {
        var stream = new PlainStream();
        var writer = new BytesFieldWriter<InteropPart, byte>(
            stream, InteropPart.DataFieldNumber, static (target, value) => target.Fill(value));

        await writer.WriteAsync(new InteropPart { Before = 1 }, 3, 7, CancellationToken.None);

        Assert.Equal(new InteropPart { Before = 1, Data = ByteString.CopyFrom(7, 7, 7) }, stream.Last);
    }

    [Fact]
    public void Add_FieldThatIsNoSingularBytes_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new BorrowedBytes().Add<InteropPart>(InteropPart.AfterFieldNumber));
        Assert.Throws<ArgumentException>(() => new BorrowedBytes().Add<InteropPart>(99));
    }

    [Fact]
    public void ReadBorrowed_OneSegment_IsTheReceivedMemory()
    {
        var bytes = new InteropPart { Data = ByteString.CopyFrom(1, 2, 3) }.ToByteArray();

        var message = Read(bytes, int.MaxValue, out var frame);
        frame[^1] = 9;

        Assert.Equal([1, 2, 9], message.Data.ToByteArray());
    }

    static InteropPart Read(byte[] bytes, int segment, out byte[] frame)
    {
        frame = [0, .. new byte[4], .. bytes];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), bytes.Length);
        var borrowed = new BorrowedBytes();
        borrowed.Add<InteropPart>(InteropPart.DataFieldNumber);
        var reader = new MessageReader(PipeReader.Create(FramingTests.Segments(frame, segment)), MessageFormat.Identity(null));
        return reader.ReadAsync(borrowed.Find<InteropPart>()!, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
    }

    sealed class FrameStream : IAsyncStreamWriter<InteropPart>, ISerializedWriter<InteropPart>
    {
        public ArrayBufferWriter<byte> Output { get; } = new();

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(InteropPart message) => throw new NotSupportedException();

        public Task WriteAsync(InteropPart message, Action<InteropPart, SerializationContext>? serializer, CancellationToken cancellationToken)
        {
            MessageWriter.Write(Output, message, serializer!);
            return Task.CompletedTask;
        }
    }

    sealed class PlainStream : IAsyncStreamWriter<InteropPart>
    {
        public InteropPart? Last { get; private set; }

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(InteropPart message)
        {
            Last = message;
            return Task.CompletedTask;
        }
    }
}
