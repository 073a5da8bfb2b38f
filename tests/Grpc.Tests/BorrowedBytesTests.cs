using System.Buffers;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Grpc.Tests.Interop;
using Grpc.Tests.Server;
using Grpc.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests;

/// <summary>Large bytes fields through server and client without a copy: the same bytes, and no longer than they may be used.</summary>
public sealed class BorrowedBytesTests
{
    static readonly int[] s_sizes = [65_536, 65_536, 0, 1, 16_379, 16_380, 300_000, 1_048_576, 3, 2_000_000, 65_536, 5];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, false)]
    [InlineData("gzip", false)]
    [InlineData(null, true)]
    public async Task ServerStream_FilledInPlace_ArrivesWhole(string? compression, bool setsDirectly)
    {
        await using var server = await StartAsync(options => options.ResponseCompressionAlgorithm = compression);
        using var channel = Channel(server, setsDirectly);
        using var call = new InteropClient(channel).ServerStream(new InteropRequest(), cancellationToken: Token);
        foreach (var size in s_sizes)
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal(size, call.ResponseStream.Current.Count);
            Assert.True(call.ResponseStream.Current.Payload.Span.SequenceEqual(Bytes(size)));
        }

        Assert.False(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ServerStream_MessagesOfOneSize_ShareOneBuffer()
    {
        await using var server = await InteropServer.StartAsync();
        using var channel = Channel(server);
        using var call = new InteropClient(channel).ServerStream(
            new InteropRequest { ResponseSize = 200_000, Count = 20 }, cancellationToken: Token);
        var buffers = new HashSet<byte[]>();
        while (await call.ResponseStream.MoveNext(Token))
        {
            Assert.True(MemoryMarshal.TryGetArray(call.ResponseStream.Current.Payload.Memory, out var array));
            buffers.Add(array.Array!);
        }

        // It grows a few times with the first message.
        Assert.InRange(buffers.Count, 1, 2);
    }

    [Fact]
    public async Task ServerStream_DisposedWhileInUse_LeavesTheBytesAsTheyAre()
    {
        await using var server = await StartAsync(_ => { });
        using var channel = Channel(server);
        var call = new InteropClient(channel).ServerStream(new InteropRequest(), cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        var payload = call.ResponseStream.Current.Payload;
        call.Dispose();

        // Whatever went back to the pool is taken and overwritten.
        for (var i = 0; i < 200; i++)
        {
            foreach (var size in new[] { 1 << 14, 1 << 15, 1 << 16, 1 << 17, 1 << 18 })
            {
                ArrayPool<byte>.Shared.Rent(size).AsSpan().Fill(0xEE);
            }
        }

        Assert.True(payload.Span.SequenceEqual(Bytes(s_sizes[0])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientStream_FilledInPlace_ArrivesWholeAtABorrowingServer(bool compressed)
    {
        await using var server = await StartAsync(options => options.BorrowedBytes.Add<InteropRequest>(InteropRequest.PayloadFieldNumber));
        using var channel = Channel(server);
        var headers = new Metadata();
        if (compressed)
        {
            headers.Add("grpc-internal-encoding-request", "gzip");
        }

        using var call = new InteropClient(channel).ClientStream(headers, cancellationToken: Token);
        var writer = new BytesFieldWriter<InteropRequest, int>(
            call.RequestStream, InteropRequest.PayloadFieldNumber, static (target, size) => Bytes(size).CopyTo(target));
        foreach (var size in s_sizes)
        {
            await writer.WriteAsync(new InteropRequest { Count = size }, size, size, Token);
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(s_sizes.Length, (await call).Count);
    }

    static byte[] Bytes(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)(i ^ (i >> 8) ^ (i >> 16) ^ size))];

    static GrpcChannel Channel(InteropServer server, bool setsDirectly = false)
    {
        var options = new GrpcChannelOptions { CompressionProviders = [new GzipCompressionProvider(CompressionLevel.Fastest)] };
        if (setsDirectly)
        {
            options.BorrowedBytes.Add<InteropResponse>(InteropResponse.PayloadFieldNumber, static (message, bytes) => message.Payload = bytes);
        }
        else
        {
            options.BorrowedBytes.Add<InteropResponse>(InteropResponse.PayloadFieldNumber);
        }

        return GrpcChannel.ForAddress(server.Address, options);
    }

    static Task<InteropServer> StartAsync(Action<GrpcServiceOptions> options) => InteropServer.StartAsync(
        builder => builder.Services.Configure(options), app => app.MapGrpcService<Chunks>());

    sealed class Chunks : InteropBase
    {
        public override async Task ServerStream(
            InteropRequest request, IServerStreamWriter<InteropResponse> responseStream, ServerCallContext context)
        {
            var writer = new BytesFieldWriter<InteropResponse, int>(
                responseStream, InteropResponse.PayloadFieldNumber,
                static (target, size) => (size < 0 ? throw new IOException("unreadable") : Bytes(size)).CopyTo(target));
            foreach (var size in s_sizes)
            {
                await Assert.ThrowsAsync<IOException>(() => writer.WriteAsync(new InteropResponse(), 10, -1, context.CancellationToken));
                await writer.WriteAsync(new InteropResponse { Count = size }, size, size, context.CancellationToken);
            }
        }

        public override async Task<InteropResponse> ClientStream(IAsyncStreamReader<InteropRequest> requestStream, ServerCallContext context)
        {
            var count = 0;
            ByteString? last = null;
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                Assert.True(requestStream.Current.Payload.Span.SequenceEqual(Bytes(requestStream.Current.Count)));
                Assert.NotSame(last, last = requestStream.Current.Payload);
                count++;
            }

            return new InteropResponse { Count = count };
        }
    }
}
