using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Interop;
using static Grpc.Tests.Client.RawServer;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests.Client;

/// <summary>Request and response streams, sizes, compression.</summary>
public sealed class StreamTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ServerStream_ManySizes_ArriveWhole()
    {
        int[] sizes = [0, 1, 4091, 65_531, 65_536, 300_000, 3_000_000, 5];
        await using var server = await StartAsync(async context =>
        {
            await context.AsGrpc().SendAsync([.. sizes.Select(size => Frame(new InteropResponse { Payload = Payload(size) }))]);
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        using var call = new InteropClient(channel).ServerStream(new InteropRequest(), cancellationToken: Token);
        Assert.Throws<InvalidOperationException>(() => call.ResponseStream.Current);
        foreach (var size in sizes)
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal(Payload(size), call.ResponseStream.Current.Payload);
        }

        Assert.False(await call.ResponseStream.MoveNext(Token));
        Assert.False(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ClientStream_ManySizes_AreFramedExactly()
    {
        int[] sizes = [0, 1, 507, 508, 65_531, 65_536, 300_000, 1_048_576, 5];
        var received = new TaskCompletionSource<List<byte[]>>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            received.SetResult(await context.ReadFramesAsync());
            await context.AsGrpc().SendAsync(Frame(Message()));
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        using var call = new InteropClient(channel).ClientStream(cancellationToken: Token);
        foreach (var size in sizes)
        {
            await call.RequestStream.WriteAsync(new InteropRequest { Payload = Payload(size) }, Token);
        }

        await call.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new InteropRequest(), Token));
        Assert.Equal(7, (await call).Count);
        var messages = (await received.Task).Select(frame => InteropRequest.Parser.ParseFrom(frame).Payload);
        Assert.Equal(sizes.Select(Payload), messages);
    }

    [Fact]
    public async Task ClientStream_ServerAnswersEarly_EndsWritesWithTheStatus()
    {
        await using var server = await StartAsync(context =>
        {
            context.AsGrpc().Headers["grpc-status"] = "8";
            return Task.CompletedTask;
        });
        using var channel = server.Channel();
        using var call = new InteropClient(channel).ClientStream(cancellationToken: Token);
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        var write = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new InteropRequest(), Token));
        Assert.Equal(StatusCode.ResourceExhausted, write.StatusCode);
    }

    [Fact]
    public async Task Duplex_ServerSpeaksFirst_NeedsNoRequestMessage()
    {
        await using var server = await StartAsync(async context =>
        {
            await context.AsGrpc().SendAsync(Frame(Message()));
            await context.ReadFramesAsync();
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        using var call = new InteropClient(channel).Duplex(cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task ClientStream_WriteWhileAnotherRuns_IsRefused()
    {
        await using var server = await StartAsync(context => context.AbortedAsync());
        using var channel = server.Channel();
        var call = new InteropClient(channel).ClientStream(cancellationToken: Token);

        // More than the stream's window, and nobody reads: this write cannot end.
        var pending = call.RequestStream.WriteAsync(new InteropRequest { Payload = Payload(4_000_000) }, Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new InteropRequest(), Token));
        call.Dispose();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => pending)).StatusCode);
    }

    [Fact]
    public async Task Unary_RequestBeyondTheLimit_IsResourceExhausted()
    {
        await using var server = await StartAsync(_ => throw new InvalidOperationException("A request arrived."));
        using var channel = server.Channel(new GrpcChannelOptions { MaxSendMessageSize = 1000 });
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest { Payload = Payload(1001) }, cancellationToken: Token));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Unary_CompressedAnswer_IsInflated(string encoding)
    {
        var accepted = "";
        await using var server = await StartAsync(async context =>
        {
            accepted = context.Request.Headers["grpc-accept-encoding"].ToString();
            context.AsGrpc().Headers["grpc-encoding"] = encoding;
            await context.Response.SendAsync(Frame(Compress(encoding, new InteropResponse { Payload = Payload(200_000) }.ToByteArray()), flag: 1));
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        var answer = await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token);
        Assert.Equal(Payload(200_000), answer.Payload);
        Assert.Equal("identity,gzip,deflate", accepted);
    }

    [Theory]
    [InlineData("gzip", 5_000_000, StatusCode.ResourceExhausted)]
    [InlineData("snappy", 1, StatusCode.Internal)]
    [InlineData("identity", 1, StatusCode.Internal)]
    public async Task Unary_CompressedAnswerThatCannotBe_IsRefused(string encoding, int size, StatusCode expected)
    {
        await using var server = await StartAsync(async context =>
        {
            context.AsGrpc().Headers["grpc-encoding"] = encoding;
            await context.Response.SendAsync(Frame(Compress(encoding, new byte[size]), flag: 1));
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token));
        Assert.Equal(expected, failure.StatusCode);
    }

    [Fact]
    public async Task Unary_RequestEncodingAskedFor_CompressesUnlessNoCompress()
    {
        var seen = new List<(string Encoding, byte Flag, bool HasKey)>();
        await using var server = await StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, Token);
            seen.Add((context.Request.Headers["grpc-encoding"].ToString(), body.ToArray()[0], context.Request.Headers.ContainsKey("grpc-internal-encoding-request")));
            await context.AsGrpc().SendAsync(Frame(Message()));
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        var client = new InteropClient(channel);
        var options = new CallOptions(new Metadata { { "grpc-internal-encoding-request", "gzip" } }, cancellationToken: Token);
        await client.UnaryAsync(new InteropRequest { Payload = Payload(1000) }, options);
        await client.UnaryAsync(new InteropRequest { Payload = Payload(1000) }, options.WithWriteOptions(new WriteOptions(WriteFlags.NoCompress)));
        Assert.Equal([("gzip", (byte)1, false), ("gzip", (byte)0, false)], seen);
        Assert.Throws<InvalidOperationException>(() => client.UnaryAsync(
            new InteropRequest(), new CallOptions(new Metadata { { "grpc-internal-encoding-request", "snappy" } }, cancellationToken: Token)));
    }

    static ByteString Payload(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }

    static byte[] Compress(string encoding, byte[] bytes)
    {
        var target = new MemoryStream();
        using (Stream stream = encoding == "deflate" ? new ZLibStream(target, CompressionLevel.Fastest) : new GZipStream(target, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return target.ToArray();
    }
}
