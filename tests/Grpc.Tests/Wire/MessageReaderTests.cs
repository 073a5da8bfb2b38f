using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

/// <summary>What a reader makes of streams of messages, good and bad, that come in pieces.</summary>
public sealed class MessageReaderTests
{
    static readonly GzipCompressionProvider s_gzip = new(CompressionLevel.Fastest);

    // The reader goes on within each write: it sees each piece by itself.
    static readonly PipeOptions s_atOnce = new(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);

    static MessageFormat Identity => MessageFormat.Identity(maxSize: 3);

    [Fact]
    public async Task Read_MessagesInPieces_ComeWhenTheyAreWhole()
    {
        var pipe = new Pipe(s_atOnce);
        using var reader = new MessageReader(new StrictReader(pipe.Reader), Identity);
        var first = ReadAsync(reader);
        foreach (var piece in new byte[][] { [0, 0], [0, 0, 3, 7], [8] })
        {
            await pipe.Writer.WriteAsync(piece, TestContext.Current.CancellationToken);
            Assert.False(first.IsCompleted);
        }
        await pipe.Writer.WriteAsync(new byte[] { 9, 0, 0, 0, 0, 0 }, TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();

        Assert.Equal("070809", Convert.ToHexString((await first)!));
        Assert.Empty((await ReadAsync(reader))!);
        Assert.Null(await ReadAsync(reader));
        Assert.Null(await ReadAsync(reader));
    }

    [Fact]
    public async Task Read_UnderASynchronizationContext_DoesNotComeBackToIt()
    {
        var context = new CountingContext();
        foreach (var read in new Func<MessageReader, Task<byte[]?>>[] { ReadAsync, ReadSingleAsync })
        {
            var pipe = new Pipe();
            using var reader = new MessageReader(pipe.Reader, Identity);
            var message = context.Start(() => read(reader));
            await pipe.Writer.WriteAsync(new byte[] { 0, 0, 0, 0, 1, 7 }, TestContext.Current.CancellationToken);
            await pipe.Writer.CompleteAsync();

            Assert.Equal([7], await message);
        }

        Assert.Equal(0, context.Posts);
    }

    [Theory]
    [InlineData("02 00000000", StatusCode.Internal, "neither 0 nor 1")]
    [InlineData("02", StatusCode.Internal, "neither 0 nor 1")]
    [InlineData("01 00000000", StatusCode.Internal, "no encoding")]
    [InlineData("00 00000004", StatusCode.ResourceExhausted, " 3 bytes")]
    [InlineData("00 00000003 0102", StatusCode.Internal, "within a message")]
    [InlineData("00 0000", StatusCode.Internal, "within a message")]
    public async Task Read_BreachOfTheProtocol_IsItsStatus(string hex, StatusCode expected, string detail)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        var stream = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(Reader(bytes)));
        var single = await Assert.ThrowsAsync<RpcException>(() => ReadSingleAsync(Reader(bytes)));

        Assert.Equal((expected, expected), (stream.StatusCode, single.StatusCode));
        Assert.Contains(detail, stream.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(stream.Status.Detail, single.Status.Detail);
    }

    [Fact]
    public async Task Read_CompressedWhereItCannotBeRead_IsTheFormatsStatus()
    {
        var format = new MessageFormat(3, null, new Status(StatusCode.Unimplemented, "not here"));

        var exception = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(new MessageReader(PipeOf(1, 0, 0, 0, 0), format)));

        Assert.Equal(format.WithoutCompression, exception.Status);
    }

    [Theory]
    [InlineData("0102030405060708090A")]
    [InlineData("1F8B0800000000000003FFFF")]
    public async Task Read_CorruptCompression_IsInternalWithItsCause(string hex)
    {
        var bytes = Convert.FromHexString(hex);

        var exception = await Assert.ThrowsAsync<RpcException>(
            () => ReadAsync(new MessageReader(PipeOf([1, 0, 0, 0, (byte)bytes.Length, .. bytes]), new MessageFormat(null, s_gzip, default))));

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.NotEmpty(exception.Status.Detail);
        Assert.IsType<InvalidDataException>(exception.Status.DebugException);
    }

    [Fact]
    public async Task ReadSingle_OneMessage_ComesWithTheEnd()
    {
        var pipe = new Pipe(s_atOnce);
        using var reader = new MessageReader(new StrictReader(pipe.Reader), Identity);
        var message = ReadSingleAsync(reader);
        await pipe.Writer.WriteAsync(new byte[] { 0, 0, 0, 0, 1, 7 }, TestContext.Current.CancellationToken);
        Assert.False(message.IsCompleted);
        await pipe.Writer.CompleteAsync();

        Assert.Equal("07", Convert.ToHexString((await message)!));
        Assert.Null(await ReadSingleAsync(Reader()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public async Task ReadSingle_MoreThanOne_IsInternal(int more)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(
            () => ReadSingleAsync(Reader([.. new byte[] { 0, 0, 0, 0, 1, 7 }, .. new byte[] { 0, 0, 0, 0, 1, 8 }[..more]])));

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.NotEmpty(exception.Status.Detail);
    }

    [Fact]
    public async Task Read_DeserializerFails_IsInternalUnlessItSaysOtherwise()
    {
        var cause = new FormatException("it");
        var said = new RpcException(new Status(StatusCode.DataLoss, "lost"));

        var threw = await Assert.ThrowsAsync<RpcException>(() => ReadAsync<string>(Reader(0, 0, 0, 0, 0), _ => throw cause));
        var isNull = await Assert.ThrowsAsync<RpcException>(() => ReadAsync<string>(Reader(0, 0, 0, 0, 0), _ => null!));

        Assert.Equal((StatusCode.Internal, cause), (threw.StatusCode, threw.Status.DebugException));
        Assert.NotEmpty(threw.Status.Detail);
        Assert.Equal(StatusCode.Internal, isNull.StatusCode);
        Assert.NotEmpty(Assert.IsType<InvalidOperationException>(isNull.Status.DebugException).Message);
        Assert.Same(said, await Assert.ThrowsAsync<RpcException>(() => ReadAsync<string>(Reader(0, 0, 0, 0, 0), _ => throw said)));
    }

    [Fact]
    public async Task Read_PendingReadIsCancelled_IsNoMessage()
    {
        var pipe = new Pipe();
        using var reader = new MessageReader(pipe.Reader, Identity);
        var message = ReadAsync(reader);
        pipe.Reader.CancelPendingRead();

        Assert.NotEmpty((await Assert.ThrowsAsync<OperationCanceledException>(() => message)).Message);
    }

    [Fact]
    public async Task Read_Payload_IsSeenInEachForm()
    {
        var reader = Reader(0, 0, 0, 0, 2, 7, 8);
        await ReadAsync(reader, context =>
        {
            Assert.Equal(2, context.PayloadLength);
            Assert.Equal([7, 8], context.PayloadAsNewBuffer());
            Assert.Equal([7, 8], context.PayloadAsReadOnlySequence().ToArray());
            return "";
        });

        // Its memory is somebody else's from now on.
        Assert.Equal(0, reader.PayloadLength);
    }

    [Fact]
    public async Task Read_Inflated_GivesItsMemoryBack()
    {
        ReadOnlyMemory<byte> inflated = default;
        using var reader = new MessageReader(PipeReader.Create(Compressed([1, 2, 3, 4])), new(null, s_gzip, default));

        await ReadAsync(reader, context =>
        {
            inflated = context.PayloadAsReadOnlySequence().First;
            return "";
        });

        Pool.AssertHas(inflated);
    }

    [Fact]
    public async Task Dispose_MessageIsLent_GivesItsMemoryBack()
    {
        ReadOnlyMemory<byte> borrowed = default;
        var reader = new MessageReader(PipeReader.Create(Compressed([1, 2, 3, 4])), new(null, s_gzip, default));

        await ReadAsync(reader, _ =>
        {
            borrowed = reader.Borrow();
            return "";
        });
        reader.Dispose();

        Pool.AssertHas(borrowed);
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(3, false)]
    [InlineData(100, true)]
    [InlineData(3, true)]
    public async Task Borrow_OfSegments_StaysUntilTheNextMessage(int segment, bool compressed)
    {
        var compression = compressed ? s_gzip : null;
        var output = new ArrayBufferWriter<byte>();
        foreach (var text in new byte[][] { [1, 2, 3, 4], [5, 6, 7, 8] })
        {
            MessageWriter.Write(output, text, (message, context) => context.Complete(message), compression: compression);
        }
        using var reader = new MessageReader(PipeReader.Create(FramingTests.Segments(output.WrittenMemory, segment)), new(null, compression, default));
        Assert.False(reader.IsLent);

        for (var first = 1; first <= 5; first += 4)
        {
            ReadOnlyMemory<byte> borrowed = default;
            await ReadAsync(reader, _ =>
            {
                borrowed = reader.Borrow();
                Assert.Equal(borrowed, reader.Borrow());
                return "";
            });
            Assert.Equal(Enumerable.Range(first, 4).Select(number => (byte)number), borrowed.ToArray());
            Assert.True(reader.IsLent);
        }
        Assert.Null(await ReadAsync(reader));
        Assert.False(reader.IsLent);
    }

    static MessageReader Reader(params byte[] bytes) => new(new StrictReader(PipeOf(bytes)), Identity);

    static ReadOnlySequence<byte> Compressed(byte[] message)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageWriter.Write(output, message, (bytes, context) => context.Complete(bytes), compression: s_gzip);
        return new(output.WrittenMemory);
    }

    static PipeReader PipeOf(params byte[] bytes) => PipeReader.Create(new ReadOnlySequence<byte>(bytes));

    static Task<byte[]?> ReadAsync(MessageReader reader) => ReadAsync(reader, context => context.PayloadAsNewBuffer());

    static Task<T?> ReadAsync<T>(MessageReader reader, Func<DeserializationContext, T> deserializer) where T : class =>
        reader.ReadAsync(deserializer, TestContext.Current.CancellationToken).AsTask();

    static Task<byte[]?> ReadSingleAsync(MessageReader reader) =>
        reader.ReadSingleAsync(context => context.PayloadAsNewBuffer(), TestContext.Current.CancellationToken).AsTask();
}
