using Grpc.Core;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Tests.Server;

public sealed class StreamRulesTests
{
    [Fact]
    public async Task Writer_NullOrAfterTheEnd_Throws()
    {
        IServerStreamWriter<InteropResponse>? kept = null;
        await using var server = await StartAsync(async (_, responses, _) =>
        {
            await Assert.ThrowsAsync<ArgumentNullException>(() => responses.WriteAsync(null!, TestContext.Current.CancellationToken));
            kept = responses;
        });
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Duplex", []);

        Assert.Equal(StatusCode.OK, response.Status);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => kept!.WriteAsync(new InteropResponse(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Reader_AfterTheEndOfTheCall_Throws()
    {
        IAsyncStreamReader<InteropRequest>? kept = null;
        await using var server = await StartAsync((requests, _, _) =>
        {
            kept = requests;
            return Task.CompletedTask;
        });
        using var client = new RawClient(server.Address);

        await client.CallAsync("Duplex", []);

        await Assert.ThrowsAsync<InvalidOperationException>(() => kept!.MoveNext(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Writer_OverlappingWrites_Throw()
    {
        await using var server = await StartAsync(async (_, responses, _) =>
        {
            // More than the client's flow-control windows: the write cannot finish while nobody reads.
            var first = responses.WriteAsync(new InteropResponse { Payload = Google.Protobuf.ByteString.CopyFrom(new byte[32 << 20]) });
            await Assert.ThrowsAsync<InvalidOperationException>(() => responses.WriteAsync(new InteropResponse(), TestContext.Current.CancellationToken));
            await first;
        });
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Duplex", []);

        Assert.Equal(StatusCode.OK, response.Status);
        Assert.Single(response.Messages);
    }

    [Fact]
    public async Task Writer_BufferHint_KeepsTheMessageUntilTheNextFlush()
    {
        await using var server = await StartAsync(async (_, responses, _) =>
        {
            responses.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
            await responses.WriteAsync(new InteropResponse { Count = 1 });
            responses.WriteOptions = null;
            await responses.WriteAsync(new InteropResponse { Count = 2 });
        });
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Duplex", []);

        Assert.Equal([1, 2], response.Messages.Select(message => InteropResponse.Parser.ParseFrom(message).Count));
    }

    [Fact]
    public async Task Writer_NoCompress_SendsThatMessagePlain()
    {
        await using var server = await StartAsync(
            async (_, responses, _) =>
            {
                await responses.WriteAsync(new InteropResponse { Count = 1 });
                responses.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
                await responses.WriteAsync(new InteropResponse { Count = 2 });
            },
            compression: "gzip");
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Duplex", [], ("grpc-accept-encoding", "gzip"));

        Assert.Equal(1, response.Body[0]);
        Assert.Equal(2, InteropResponse.Parser.ParseFrom(response.Messages[1]).Count);
    }

    [Fact]
    public async Task WriteResponseHeaders_Twice_Throws()
    {
        await using var server = await StartAsync(async (_, _, context) =>
        {
            await context.WriteResponseHeadersAsync([]);
            await Assert.ThrowsAsync<InvalidOperationException>(() => context.WriteResponseHeadersAsync([]));
        });
        using var client = new RawClient(server.Address);

        Assert.Equal(StatusCode.OK, (await client.CallAsync("Duplex", [])).Status);
    }

    [Fact]
    public async Task Writer_TokenCancelledBeforeTheWrite_AbortsTheCall()
    {
        await using var server = await StartAsync((_, responses, _) =>
            responses.WriteAsync(new InteropResponse(), new CancellationToken(canceled: true)));
        using var client = new RawClient(server.Address);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.CallAsync("Duplex", []));
    }

    static Task<InteropServer> StartAsync(DuplexStreamingServerMethod<InteropRequest, InteropResponse> handler, string? compression = null) =>
        InteropServer.StartAsync(
            builder => builder.Services.AddGrpc(options => options.ResponseCompressionAlgorithm = compression).Services.AddSingleton(handler),
            app => app.MapGrpcService<Service>());

    sealed class Service(DuplexStreamingServerMethod<InteropRequest, InteropResponse> handler) : Interop.Interop.InteropBase
    {
        public override Task Duplex(
            IAsyncStreamReader<InteropRequest> requestStream, IServerStreamWriter<InteropResponse> responseStream,
            ServerCallContext context) =>
            handler(requestStream, responseStream, context);
    }
}
