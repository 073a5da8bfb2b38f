using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Interop;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests.Client;

/// <summary>The interop cases of the gRPC project: our client against grpcio (C core) and grpc-js.</summary>
public sealed class ForeignServerTests(ForeignServers servers) : IClassFixture<ForeignServers>
{
    public static TheoryData<string> Languages { get; } = new(InteropCases.Languages);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task EmptyUnary_Empty_IsAnswered(string language)
    {
        var client = await ClientAsync(language);
        Assert.Equal(new InteropResponse(), await client.UnaryAsync(new InteropRequest(), cancellationToken: Token));
        Assert.Equal(new InteropResponse(), await Task.Run(() => client.Unary(new InteropRequest(), cancellationToken: Token), Token));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task LargeUnary_BothWays_ArrivesWhole(string language)
    {
        var client = await ClientAsync(language);
        var request = new InteropRequest { Payload = ByteString.CopyFrom(new byte[271_828]), ResponseSize = 314_159 };
        Assert.Equal(314_159, (await client.UnaryAsync(request, cancellationToken: Token)).Payload.Length);
    }

    [Theory]
    [InlineData("python")]
    public async Task ServerCompressedUnary_Gzip_IsInflated(string language)
    {
        var client = await ClientAsync(language);
        Assert.Equal(100_000, (await client.UnaryAsync(new InteropRequest { ResponseSize = 100_000 }, cancellationToken: Token)).Payload.Length);
        Assert.Contains("gzip", servers.ResponseEncodings(language));
    }

    [Theory]
    [InlineData("python")]
    public async Task ServerCompressedStreaming_Gzip_IsInflated(string language)
    {
        var client = await ClientAsync(language);
        using var call = client.ServerStream(new InteropRequest { Count = 4, ResponseSize = 50_000 }, cancellationToken: Token);
        var sizes = new List<int>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(Token))
        {
            sizes.Add(message.Payload.Length);
        }

        Assert.Equal([50_000, 50_000, 50_000, 50_000], sizes);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task ClientCompressedUnary_EachEncoding_IsUnderstood(string language)
    {
        var client = await ClientAsync(language);
        var payload = ByteString.CopyFromUtf8(new string('x', 100_000));
        foreach (var encoding in new[] { "gzip", "deflate", "identity" })
        {
            Assert.Equal(payload, (await client.UnaryAsync(new InteropRequest { Payload = payload }, Encoded(encoding))).Payload);
        }
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task ClientCompressedStreaming_SomeMessages_AreUnderstood(string language)
    {
        var client = await ClientAsync(language);
        var payload = ByteString.CopyFromUtf8(new string('x', 100_000));
        using var call = client.ClientStream(Encoded("gzip"));
        await call.RequestStream.WriteAsync(new InteropRequest { Payload = payload }, Token);
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(new InteropRequest { Payload = payload }, Token);
        await call.RequestStream.CompleteAsync();
        Assert.Equal(200_000, (await call).TotalSize);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task ClientStreaming_FourMessages_AreCounted(string language)
    {
        var client = await ClientAsync(language);
        using var call = client.ClientStream(cancellationToken: Token);
        foreach (var size in new[] { 27_182, 8, 1_828, 45_904 })
        {
            await call.RequestStream.WriteAsync(new InteropRequest { Payload = ByteString.CopyFrom(new byte[size]) }, Token);
        }

        await call.RequestStream.CompleteAsync();
        var answer = await call;
        Assert.Equal((4, 74_922), (answer.Count, answer.TotalSize));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task ServerStreaming_ManyMessages_ArriveInOrder(string language)
    {
        var client = await ClientAsync(language);
        using var call = client.ServerStream(new InteropRequest { Count = 50, ResponseSize = 100_000 }, cancellationToken: Token);
        var count = 0;
        await foreach (var message in call.ResponseStream.ReadAllAsync(Token))
        {
            Assert.Equal((count++, 100_000), (message.Count, message.Payload.Length));
        }

        Assert.Equal(50, count);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task PingPong_Messages_Alternate(string language)
    {
        var client = await ClientAsync(language);
        using var call = client.Duplex(cancellationToken: Token);
        foreach (var size in new[] { 31_415, 9, 2_653, 58_979 })
        {
            await call.RequestStream.WriteAsync(new InteropRequest { ResponseSize = size }, Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal(size, call.ResponseStream.Current.Payload.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task EmptyStream_NoMessages_EndsWell(string language)
    {
        var client = await ClientAsync(language);
        using var empty = client.Duplex(cancellationToken: Token);
        await empty.RequestStream.CompleteAsync();
        Assert.False(await empty.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.OK, empty.GetStatus().StatusCode);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task CancelAfterBegin_Upload_IsCancelled(string language)
    {
        var client = await ClientAsync(language);
        using var cancel = new CancellationTokenSource();
        using var upload = client.ClientStream(cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await upload)).StatusCode);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task CancelAfterFirstResponse_Duplex_IsCancelled(string language)
    {
        var client = await ClientAsync(language);
        using var cancel = new CancellationTokenSource();
        using var duplex = client.Duplex(cancellationToken: cancel.Token);
        await duplex.RequestStream.WriteAsync(new InteropRequest { ResponseSize = 1 }, Token);
        Assert.True(await duplex.ResponseStream.MoveNext(Token));
        await cancel.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => duplex.ResponseStream.MoveNext(Token))).StatusCode);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task TimeoutOnSleepingServer_ShortDeadline_IsDeadlineExceeded(string language)
    {
        var client = await ClientAsync(language);
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(200);
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.SleepAsync(new InteropRequest(), deadline: deadline, cancellationToken: Token));
        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task StatusCodeAndMessage_EveryCode_Arrives(string language)
    {
        var client = await ClientAsync(language);
        for (var code = 1; code <= 16; code++)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(async () =>
                await client.UnaryAsync(new InteropRequest { FailCode = code, FailMessage = "test status message" }, cancellationToken: Token));
            Assert.Equal(((StatusCode)code, "test status message"), (failure.StatusCode, failure.Status.Detail));
        }
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task SpecialStatusMessage_BeforeAndAfterMessages_ArrivesExactly(string language)
    {
        const string Message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈 100%\t\n";
        var client = await ClientAsync(language);
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.UnaryAsync(new InteropRequest { FailCode = 2, FailMessage = Message }, cancellationToken: Token));
        Assert.Equal((StatusCode.Unknown, Message), (failure.StatusCode, failure.Status.Detail));

        using var stream = client.ServerStream(new InteropRequest { Count = 1, FailCode = 9, FailMessage = Message }, cancellationToken: Token);
        Assert.True(await stream.ResponseStream.MoveNext(Token));
        var late = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Token));
        Assert.Equal((StatusCode.FailedPrecondition, Message), (late.StatusCode, late.Status.Detail));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task UnimplementedMethod_Call_IsUnimplemented(string language)
    {
        var client = await ClientAsync(language);
        var method = await Assert.ThrowsAsync<RpcException>(async () => await client.NotBuiltAsync(new InteropRequest(), cancellationToken: Token));
        Assert.Equal(StatusCode.Unimplemented, method.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task UnimplementedService_Call_IsUnimplemented(string language)
    {
        var marshaller = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
        var nowhere = new Method<byte[], byte[]>(MethodType.Unary, "no.such.Service", "Method", marshaller, marshaller);
        var invoker = (await servers.ChannelAsync(language)).CreateCallInvoker();
        var service = await Assert.ThrowsAsync<RpcException>(async () =>
            await invoker.AsyncUnaryCall(nowhere, null, new CallOptions(cancellationToken: Token), []));
        Assert.Equal(StatusCode.Unimplemented, service.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task CustomMetadata_TextAndBinary_ComesBack(string language)
    {
        var client = await ClientAsync(language);
        var sent = new Metadata { { "echo-text", "value, with comma" }, { "echo-some-bin", [0, 1, 0xFE, 0xFF] } };
        using var call = client.EchoMetadataAsync(new InteropRequest(), sent, cancellationToken: Token);
        Assert.Equal("value, with comma", (await call).Metadata["echo-text"]);
        foreach (var received in new[] { await call.ResponseHeadersAsync, call.GetTrailers() })
        {
            Assert.Equal("value, with comma", received.GetValue("echo-text"));
            Assert.Equal([[0, 1, 0xFE, 0xFF]], received.GetAll("echo-some-bin").Select(entry => entry.ValueBytes));
        }

        var trailers = new Metadata { { "trailer-echo", "t" }, { "trailer-echo-bin", [7] } };
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.FailAsync(new InteropRequest { FailCode = 3, FailMessage = "f" }, trailers, cancellationToken: Token));
        Assert.Equal("t", failure.Trailers.GetValue("trailer-echo"));
        Assert.Equal([7], failure.Trailers.GetValueBytes("trailer-echo-bin"));
    }

    [Fact]
    public async Task CustomMetadata_BinaryKeyTwice_ReachesGrpcio()
    {
        var client = await ClientAsync("python");
        var sent = new Metadata { { "echo-some-bin", [1] }, { "echo-some-bin", [2, 3] } };
        using var call = client.EchoMetadataAsync(new InteropRequest(), sent, cancellationToken: Token);

        await call;

        Assert.Equal([[1], [2, 3]], call.GetTrailers().GetAll("echo-some-bin").Select(entry => entry.ValueBytes));
    }

    static CallOptions Encoded(string encoding) =>
        new(new Metadata { { "grpc-internal-encoding-request", encoding } }, cancellationToken: Token);

    async Task<InteropClient> ClientAsync(string language) => new(await servers.ChannelAsync(language));
}
