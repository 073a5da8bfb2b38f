using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests.Server;

/// <summary>What a server must bear, between the rule and the broken request.</summary>
public sealed class ToleranceTests
{
    static readonly byte[] s_body = RawClient.Frame(new InteropRequest());

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_WithoutTe_IsAccepted()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);
        var request = RawClient.Request("/grpc.tests.v1.Interop/Unary", s_body);
        request.Headers.TE.Clear();

        Assert.Equal(StatusCode.OK, (await client.SendAsync(request)).Status);
    }

    [Fact]
    public async Task Call_ServiceWithoutPackage_IsFoundByItsName()
    {
        var marshaller = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "Plain", "Echo", marshaller, marshaller);
        await using var server = await InteropServer.StartAsync(configure: null, app => app.MapGrpcService(
            ServerServiceDefinition.CreateBuilder().AddMethod(method, (request, _) => Task.FromResult(request)).Build()));
        using var client = new RawClient(server.Address);

        var response = await client.SendAsync(RawClient.Request("/Plain/Echo", RawClient.Frame([1, 2])));

        Assert.Equal([[1, 2]], response.Messages);
    }

    [Fact]
    public async Task Call_MessageInManyDataFrames_IsReassembled()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);
        var request = RawClient.Request("/grpc.tests.v1.Interop/ClientStream", []);
        var body = new OpenBody();
        request.Content = body;
        request.Content.Headers.Add("content-type", "application/grpc");

        var call = client.SendAsync(request);
        var stream = await body.Stream;
        var message = RawClient.Frame(new InteropRequest { Payload = Google.Protobuf.ByteString.CopyFrom(1, 2, 3) });
        foreach (var value in message.Concat(message))
        {
            await stream.WriteAsync(new[] { value }, Token);
            await stream.FlushAsync(Token);
        }
        body.End();

        var answer = InteropResponse.Parser.ParseFrom(Assert.Single((await call).Messages));
        Assert.Equal((2, 6), (answer.Count, answer.TotalSize));
    }

    [Fact]
    public async Task Call_WithARequestStream_MayBeAsSlowAsItLikes()
    {
        // Kestrel does not tell what holds for a stream of HTTP/2, so this stands in its place.
        var rate = new RecordedRate();
        await using var server = await InteropServer.StartAsync(configure: null, app =>
        {
            app.Use((context, next) =>
            {
                context.Features.Set<IHttpMinRequestBodyDataRateFeature>(rate);
                return next(context);
            });
            app.MapGrpcService<InteropService>();
        });
        using var client = new RawClient(server.Address);

        await client.CallAsync("Unary", s_body);
        Assert.NotNull(rate.MinDataRate);
        await client.CallAsync("ClientStream", s_body);
        Assert.Null(rate.MinDataRate);
    }

    sealed class RecordedRate : IHttpMinRequestBodyDataRateFeature
    {
        public MinDataRate? MinDataRate { get; set; } = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Trailers_StatusByTheApplication_IsLeftOut()
    {
        var marshaller = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "Plain", "Echo", marshaller, marshaller);
        await using var server = await InteropServer.StartAsync(configure: null, app => app.MapGrpcService(
            ServerServiceDefinition.CreateBuilder().AddMethod(method, (request, context) =>
            {
                context.ResponseTrailers.Add("grpc-status", "13");
                context.ResponseTrailers.Add("grpc-message", "mine");
                return Task.FromResult(request);
            }).Build()));
        using var client = new RawClient(server.Address);

        var response = await client.SendAsync(RawClient.Request("/Plain/Echo", s_body));

        Assert.Equal((StatusCode.OK, ""), (response.Status, response.RawMessage));
    }

    [Fact]
    public async Task Metadata_BeyondKestrelsLimit_FailsThatCallAlone()
    {
        await using var server = await InteropServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new InteropClient(channel);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryAsync(
            new InteropRequest(), new Metadata { { "large", new string('x', 40_000) } }, cancellationToken: Token));
        var answer = await client.UnaryAsync(new InteropRequest(), cancellationToken: Token);

        // Kestrel ends the connection: the client sees its error code, or, if it is still sending, only that it is gone.
        Assert.Contains(failure.StatusCode, (StatusCode[])[StatusCode.Internal, StatusCode.Unavailable]);
        Assert.Equal(1, answer.Count);
    }

    [Fact]
    public async Task Duplex_CompressedBothWays_EachMessageHasItsOwnContext()
    {
        await using var server = await InteropServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var call = new InteropClient(channel).Duplex(new Metadata { { "grpc-internal-encoding-request", "gzip" } }, cancellationToken: Token);
        foreach (var size in new[] { 100_000, 0, 7, 100_000 })
        {
            var payload = Google.Protobuf.ByteString.CopyFrom(new byte[size]);
            await call.RequestStream.WriteAsync(new InteropRequest { Payload = payload }, Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Equal(payload, call.ResponseStream.Current.Payload);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
    }
}
