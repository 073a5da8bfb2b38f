using System.Buffers;
using System.IO.Pipelines;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Interop;
using Grpc.Tests.Transcoding;
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
                AssertUnparsable(damaged);
                continue;
            }
            Assert.Equal(expected, Read(damaged, 3, out _));
        }
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("1A0501")]
    [InlineData("1A")]
    [InlineData("1AFFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("79 01")]
    [InlineData("7D 010203")]
    [InlineData("7A 02 01")]
    [InlineData("7F 1A0101")]
    [InlineData("1A8080808080808080808001 01020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849505152535455565758596061626364")]
    public void ReadBorrowed_CutShort_IsRefusedAsByTheParser(string hex) => AssertUnparsable(Bytes(hex));

    [Theory]
    [InlineData("")]
    [InlineData("78 01")]
    [InlineData("78 FFFFFFFFFFFFFFFFFF01")]
    [InlineData("79 0102030405060708")]
    [InlineData("7D 01020304")]
    [InlineData("7A 00")]
    [InlineData("7A 02 0102")]
    [InlineData("8001 8001")]
    [InlineData("8280FCFF0F 03 010203")]
    public void ReadBorrowed_BehindAnyField_IsTheReceivedMemory(string before)
    {
        foreach (var length in new[] { 1, 127, 128, 300, 16_384, 70_000 })
        {
            byte[] bytes = [.. Bytes(before), .. new InteropPart { Data = Filled(length) }.ToByteArray()];

            var message = Read(bytes, int.MaxValue, out var frame);
            Assert.Equal(InteropPart.Parser.ParseFrom(bytes), message);
            frame[^1] = 9;

            Assert.Equal(9, message.Data[^1]);
        }
    }

    [Fact]
    public void ReadBorrowed_BehindAGroup_IsWhatTheParserReads()
    {
        var bytes = Bytes("7B 7801 7C 1A020102");

        Assert.Equal(InteropPart.Parser.ParseFrom(bytes), Read(bytes, int.MaxValue, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_384)]
    [InlineData(3_000_000)]
    public async Task Write_OneMessage_AsksForItsMemoryOnceAndFillsItInPlace(int length)
    {
        var stream = new FrameStream<Everything>();
        var writer = new BytesFieldWriter<Everything, ByteString>(
            stream, Everything.OptDataFieldNumber, static (target, from) => from.Span.CopyTo(target));

        await writer.WriteAsync(new Everything { N = 3 }, length, Filled(length), CancellationToken.None);

        var expected = new Everything { N = 3 };
        if (length > 0)
        {
            expected.OptData = Filled(length);
        }
        Assert.Equal(expected, Everything.Parser.ParseFrom(stream.Output.Written[5..]));
        Assert.Equal([5 + expected.CalculateSize()], stream.Output.Asked);
    }

    [Fact]
    public void Write_AnyMessage_IsWhatTheParserReads() => Prop.ForAll<byte[], int>((data, before) =>
    {
        var stream = new FrameStream<InteropPart>();
        var writer = new BytesFieldWriter<InteropPart, byte[]>(
            stream, InteropPart.DataFieldNumber, static (target, from) => from.CopyTo(target));
        writer.WriteAsync(new InteropPart { Before = before, After = "z" }, data.Length, data, CancellationToken.None).GetAwaiter().GetResult();

        var expected = new InteropPart { Before = before, After = "z", Data = ByteString.CopyFrom(data) };
        var frame = stream.Output.Written;
        Assert.Equal(frame.Length - 5, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame[1..]));
        // An empty value is left out, as by the library for fields without presence; in a oneof that is a difference.
        Assert.Equal(data.Length > 0 ? expected : new InteropPart { Before = before, After = "z" }, InteropPart.Parser.ParseFrom(frame[5..]));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Write_FillThrows_NothingIsWrittenAndTheNextMessageIs()
    {
        var stream = new FrameStream<InteropPart>();
        var writer = new BytesFieldWriter<InteropPart, bool>(
            stream, InteropPart.DataFieldNumber, static (target, fail) => target.Fill(fail ? throw new IOException("short") : (byte)1));

        await Assert.ThrowsAsync<IOException>(() => writer.WriteAsync(new InteropPart(), 100, true, CancellationToken.None));
        Assert.Equal(0, stream.Output.Written.Length);
        await writer.WriteAsync(new InteropPart(), 1, false, CancellationToken.None);

        Assert.Equal([0, 0, 0, 0, 3, 0x1A, 1, 1], stream.Output.Written.ToArray());
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
        foreach (var number in new[] { InteropPart.AfterFieldNumber, 99 })
        {
            var exception = Assert.Throws<ArgumentException>(() => new BorrowedBytes().Add<InteropPart>(number));
            Assert.Contains($"InteropPart has no singular bytes field {number}.", exception.Message, StringComparison.Ordinal);
        }
        Assert.Throws<ArgumentException>(() => new BorrowedBytes().Add<Everything>(Everything.BlobsFieldNumber));
    }

    [Fact]
    public void Find_OfACopy_IsWhatWasAdded()
    {
        var borrowed = new BorrowedBytes();
        borrowed.Add<InteropPart>(InteropPart.DataFieldNumber);
        var copy = new BorrowedBytes(borrowed);
        borrowed.Add<InteropRequest>(InteropRequest.PayloadFieldNumber);

        Assert.Same(borrowed.Find<InteropPart>(), copy.Find<InteropPart>());
        Assert.NotNull(borrowed.Find<InteropRequest>());
        Assert.Null(copy.Find<InteropRequest>());
    }

    [Fact]
    public async Task Write_WithoutWhatItNeeds_Throws()
    {
        var stream = new FrameStream<InteropPart>();
        SpanAction<byte, int> fill = static (_, _) => { };
        var writer = new BytesFieldWriter<InteropPart, int>(stream, InteropPart.DataFieldNumber, fill);

        Assert.Throws<ArgumentNullException>("writer", () => new BytesFieldWriter<InteropPart, int>(null!, InteropPart.DataFieldNumber, fill));
        Assert.Throws<ArgumentNullException>("fill", () => new BytesFieldWriter<InteropPart, int>(stream, InteropPart.DataFieldNumber, null!));
        await Assert.ThrowsAsync<ArgumentNullException>("message", () => writer.WriteAsync(null!, 1, 1, CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("length", () => writer.WriteAsync(new(), -1, 1, CancellationToken.None));
    }

    [Fact]
    public void ReadBorrowed_OneSegment_IsTheReceivedMemory()
    {
        var bytes = new InteropPart { Data = ByteString.CopyFrom(1, 2, 3) }.ToByteArray();

        var message = Read(bytes, int.MaxValue, out var frame);
        frame[^1] = 9;

        Assert.Equal([1, 2, 9], message.Data.ToByteArray());
    }

    static void AssertUnparsable(byte[] bytes)
    {
        Assert.Throws<InvalidProtocolBufferException>(() => InteropPart.Parser.ParseFrom(bytes));
        var exception = Assert.Throws<RpcException>(() => Read(bytes, 3, out _));

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.IsType<InvalidProtocolBufferException>(exception.Status.DebugException);
    }

    static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    static ByteString Filled(int length) => ByteString.CopyFrom([.. Enumerable.Range(1, length).Select(number => (byte)number)]);

    static InteropPart Read(byte[] bytes, int segment, out byte[] frame)
    {
        frame = [0, .. new byte[4], .. bytes];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), bytes.Length);
        var borrowed = new BorrowedBytes();
        borrowed.Add<InteropPart>(InteropPart.DataFieldNumber);
        var reader = new MessageReader(PipeReader.Create(FramingTests.Segments(frame, segment)), MessageFormat.Identity(null));
        return reader.ReadAsync(borrowed.Find<InteropPart>()!, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
    }

    sealed class FrameStream<T> : IAsyncStreamWriter<T>, ISerializedWriter<T>
    {
        public ExactOutput Output { get; } = new();

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(T message) => throw new NotSupportedException();

        public Task WriteAsync(T message, Action<T, SerializationContext>? serializer, CancellationToken cancellationToken)
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
