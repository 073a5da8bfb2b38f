using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

/// <summary>The streams and buffers below messages, and the little things beside them.</summary>
public sealed class BufferTests
{
    [Fact]
    public void PooledBuffer_WrittenEachWay_HoldsAllInOrder()
    {
        using var buffer = new PooledBuffer(sizeHint: 0);
        var expected = new List<byte>();
        for (var round = 0; round < 12; round++)
        {
            var bytes = Enumerable.Range(round, 150).Select(number => (byte)number).ToArray();
            buffer.Write(bytes);
            buffer.Write(bytes, 1, 2);
            bytes.CopyTo(buffer.GetSpan(bytes.Length));
            buffer.Advance(bytes.Length);
            bytes.CopyTo(buffer.GetMemory(bytes.Length));
            buffer.Advance(bytes.Length);
            expected.AddRange([.. bytes, bytes[1], bytes[2], .. bytes, .. bytes]);
        }

        Assert.Equal(expected, buffer.WrittenSpan.ToArray());
        Assert.Equal(expected, buffer.WrittenMemory.ToArray());
        Assert.Equal((expected.Count, expected.Count), (buffer.Length, buffer.Position));
        buffer.Clear();
        Assert.Equal(0, buffer.Length);
        Assert.False(buffer.GetSpan().IsEmpty);
    }

    [Fact]
    public void PooledBuffer_AdvancedTooFar_Throws()
    {
        using var buffer = new PooledBuffer(sizeHint: 10);
        var room = buffer.GetSpan().Length;
        buffer.Advance(room);

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
        Assert.True(buffer.GetSpan(1000).Length >= 1000);
    }

    [Fact]
    public void PooledBuffer_Disposed_IsEmptyAndMayBeDisposedAgain()
    {
        var buffer = new PooledBuffer(sizeHint: 10);
        buffer.Write([1]);
        buffer.Dispose();
        buffer.Dispose();

        Assert.Equal(0, buffer.Length);
        Assert.True(buffer.WrittenSpan.IsEmpty);
    }

    [Fact]
    public void PooledBuffer_Grows_WhenItMustAndByDoubling()
    {
        using var buffer = new PooledBuffer(sizeHint: 1000);
        var first = buffer.GetMemory();
        Assert.InRange(first.Length, 1000, 4000);
        Assert.Equal(first, buffer.GetMemory(first.Length));

        buffer.Advance(first.Length);
        var second = buffer.GetMemory();

        Assert.InRange(second.Length, first.Length, 4 * first.Length);
        Assert.Equal(second, buffer.GetMemory(second.Length));
        Assert.InRange(buffer.GetMemory(100_000).Length, 100_000, 300_000);
    }

    [Fact]
    public void PooledBuffer_GrownOrDisposed_GivesItsMemoryBack()
    {
        var buffer = new PooledBuffer(sizeHint: 1000);
        var first = buffer.GetMemory();
        var second = buffer.GetMemory(first.Length + 1);
        Pool.AssertHas(first);
        buffer.Dispose();
        Pool.AssertHas(second);
    }

    [Fact]
    public void Streams_WhatTheyCannot_TheySay()
    {
        using var buffer = new PooledBuffer(sizeHint: 10);
        using var sequence = new SequenceStream(new ReadOnlySequence<byte>([1, 2, 3]));

        Assert.Equal((false, true, false), (buffer.CanRead, buffer.CanWrite, buffer.CanSeek));
        Assert.Equal((true, false, false), (sequence.CanRead, sequence.CanWrite, sequence.CanSeek));
        foreach (var refused in new Action[]
        {
            () => buffer.ReadExactly(new byte[1]), () => buffer.Seek(0, SeekOrigin.Begin), () => buffer.SetLength(1), () => buffer.Position = 0,
            () => sequence.Write([1], 0, 1), () => sequence.Seek(0, SeekOrigin.Begin), () => sequence.SetLength(1), () => sequence.Position = 0,
            () => _ = sequence.Position, () => _ = sequence.Length,
        })
        {
            Assert.Throws<NotSupportedException>(refused);
        }
        buffer.Flush();
        sequence.Flush();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public void SequenceStream_ReadEachWay_GivesAllThenNothing(int segment)
    {
        using var stream = new SequenceStream(FramingTests.Segments(new byte[] { 1, 2, 3, 4, 5 }, segment));
        var bytes = new byte[9];

        Assert.Equal(2, stream.Read(bytes, 1, 2));
        Assert.Equal(3, stream.Read(bytes.AsSpan(3)));
        Assert.Equal(0, stream.Read(bytes.AsSpan(6)));
        Assert.Equal([0, 1, 2, 3, 4, 5, 0, 0, 0], bytes);
    }

    [Fact]
    public void Compression_BothProviders_RoundTripAndLeaveTheInnerStreamOpen()
    {
        Assert.Equal(["gzip", "deflate"], DefaultCompression.Providers.Select(provider => provider.EncodingName));
        var text = Enumerable.Range(0, 100_000).Select(number => (byte)(number * number % 251 / 3)).ToArray();
        foreach (var provider in new ICompressionProvider[] { new GzipCompressionProvider(CompressionLevel.NoCompression), new DeflateCompressionProvider(CompressionLevel.NoCompression) })
        {
            var sizes = new List<long>();
            foreach (var level in new CompressionLevel?[] { null, CompressionLevel.SmallestSize })
            {
                using var compressed = new MemoryStream();
                using (var stream = provider.CreateCompressionStream(compressed, level))
                {
                    stream.Write(text);
                }
                sizes.Add(compressed.Position);
                compressed.Position = 0;
                using var inflated = new MemoryStream();
                using (var stream = provider.CreateDecompressionStream(compressed))
                {
                    stream.CopyTo(inflated);
                }
                Assert.Equal(text, inflated.ToArray());
                Assert.True(compressed.CanRead);
            }
            Assert.True(sizes[0] > text.Length && sizes[1] < text.Length / 2, string.Join(' ', sizes));
        }
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("APPLICATION/GRPC", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc; charset=utf-8", true)]
    [InlineData("application/grpc ;x", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/grpcx", false)]
    [InlineData("application/json", false)]
    [InlineData("application/grp", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void IsGrpc_ContentType_IsThatOfTheProtocol(string? type, bool expected) => Assert.Equal(expected, GrpcHeaders.IsGrpc(type));

    [Fact]
    public async Task ReadAll_Messages_ComeInOrderUnderTheToken()
    {
        using var source = new CancellationTokenSource();
        var reader = new CountingReader(3);
        var context = new CountingContext();

        var read = new List<object>();
        await context.Start(async () =>
        {
            await foreach (var message in reader.ReadAllAsync(source.Token).ConfigureAwait(false))
            {
                read.Add(message);
            }
        });

        Assert.Equal([1, 2, 3], read);
        Assert.Equal(0, context.Posts);
        Assert.Equal(source.Token, reader.Token);
        Assert.Throws<ArgumentNullException>(() => ((IAsyncStreamReader<string>)null!).ReadAllAsync(source.Token));
    }

    [Fact]
    public void Write_NullPayload_Throws() => Assert.Throws<ArgumentNullException>(
        () => MessageWriter.Write(new ArrayBufferWriter<byte>(), "", (_, context) => context.Complete(null!)));

    [Fact]
    public void Write_SerializerFails_SaysWhy()
    {
        var incomplete = Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(new ArrayBufferWriter<byte>(), "", (_, _) => { }));
        var tooShort = Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(new ArrayBufferWriter<byte>(), "", (_, context) =>
        {
            context.SetPayloadLength(2);
            context.Complete();
        }));
        var tooLong = Assert.Throws<RpcException>(
            () => MessageWriter.Write(new ArrayBufferWriter<byte>(), "", (_, context) => context.SetPayloadLength(11), maxSize: 10));

        Assert.All([incomplete.Message, tooShort.Message, tooLong.Status.Detail], Assert.NotEmpty);
    }

    sealed class CountingReader(int count) : IAsyncStreamReader<object>
    {
        int _current;

        public object Current => _current;

        public CancellationToken Token { get; private set; }

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            Token = cancellationToken;
            return Task.Run(() => ++_current <= count, cancellationToken);
        }
    }
}
