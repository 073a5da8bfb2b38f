using Google.Protobuf;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Tests.Server;

public sealed class StatusTests
{
    static readonly byte[] s_body = RawClient.Frame(new InteropRequest());

    [Fact]
    public async Task Fail_SpecialMessage_IsPercentEncodedInTrailersOnly()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync(
            "Fail", RawClient.Frame(new InteropRequest { FailCode = 5, FailMessage = "100 % ☺\r\nend" }));

        Assert.True(response.IsTrailersOnly);
        Assert.Equal(StatusCode.NotFound, response.Status);
        Assert.Equal("100 %25 %E2%98%BA%0D%0Aend", response.RawMessage);
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task ServerStream_FailureAfterMessages_IsInTrailers()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync(
            "ServerStream", RawClient.Frame(new InteropRequest { Count = 3, ResponseSize = 10, FailCode = 8 }));

        Assert.False(response.IsTrailersOnly);
        Assert.Equal(3, response.Messages.Count);
        Assert.Equal(StatusCode.ResourceExhausted, response.Status);
    }

    [Fact]
    public async Task HandlerThrows_UnexpectedException_IsUnknownWithoutItsText()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Fail", s_body);

        Assert.Equal(StatusCode.Unknown, response.Status);
        Assert.Equal("Exception was thrown by handler.", response.RawMessage);
        Assert.Contains("no fail_code", Assert.Single(server.ErrorLogs), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(408, StatusCode.Unavailable)]
    [InlineData(413, StatusCode.ResourceExhausted)]
    public void Fail_BodyThatCannotBeRead_HasTheStatusOfItsReason(int httpStatus, StatusCode expected)
    {
        var method = new Method<string, string>(MethodType.Unary, "s", "m", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        using var call = new GrpcCallContext(
            new DefaultHttpContext(), method, new(new(), new()), TimeProvider.System, NullLogger.Instance);

        call.Fail(new BadHttpRequestException("as the web server says it", httpStatus));

        Assert.Equal(expected, call.Status.StatusCode);
        Assert.DoesNotContain("web server", call.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandlerThrows_DetailedErrors_HasItsText()
    {
        await using var server = await InteropServer.StartAsync(options => options.EnableDetailedErrors = true);
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Fail", s_body);

        Assert.Contains("no fail_code was given", response.RawMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RichError_Details_AreInTheBinaryTrailer()
    {
        await using var server = await StartAsync((_, _) => throw new Google.Rpc.Status
        {
            Code = 3,
            Message = "bad",
            Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Rpc.ErrorInfo { Reason = "R" }) },
        }.ToRpcException());
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", s_body);

        var encoded = response.Headers.GetValues("grpc-status-details-bin").Single();
        var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(encoded.PadRight((encoded.Length + 3) / 4 * 4, '=')));
        Assert.Equal(StatusCode.InvalidArgument, response.Status);
        Assert.Equal("R", Assert.Single(status.Details).Unpack<Google.Rpc.ErrorInfo>().Reason);
        Assert.DoesNotContain('=', encoded);
    }

    [Fact]
    public async Task NullResponse_IsCancelled()
    {
        await using var server = await StartAsync((_, _) => Task.FromResult<InteropResponse>(null!));
        using var client = new RawClient(server.Address);

        Assert.Equal(StatusCode.Cancelled, (await client.CallAsync("Unary", s_body)).Status);
    }

    [Fact]
    public async Task StatusSetByHandler_IsSentBesideTheMessage()
    {
        await using var server = await StartAsync((_, context) =>
        {
            context.Status = new Status(StatusCode.DataLoss, "partly");
            return Task.FromResult(new InteropResponse());
        });
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", s_body);

        Assert.Single(response.Messages);
        Assert.Equal(StatusCode.DataLoss, response.Status);
        Assert.Equal("partly", response.RawMessage);
    }

    [Fact]
    public async Task OddTrailerValues_NeitherFailNorForgeAHeader()
    {
        await using var server = await StartAsync((_, context) =>
        {
            context.ResponseTrailers.Add("odd", "a\r\nforged: 1 é");
            return Task.FromResult(new InteropResponse());
        });
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", s_body);

        Assert.Equal("a??forged: 1 ?", response.Trailers.GetValues("odd").Single());
        Assert.Equal(StatusCode.OK, response.Status);
    }

    static Task<InteropServer> StartAsync(UnaryServerMethod<InteropRequest, InteropResponse> handler) => InteropServer.StartAsync(
        configure: null,
        app => app.MapGrpcService(ServerServiceDefinition.CreateBuilder().AddMethod(UnaryMethod, handler).Build()));

    static Method<InteropRequest, InteropResponse> UnaryMethod { get; } = new(
        MethodType.Unary, "grpc.tests.v1.Interop", "Unary",
        Marshallers.Create(message => message.ToByteArray(), InteropRequest.Parser.ParseFrom),
        Marshallers.Create(message => message.ToByteArray(), InteropResponse.Parser.ParseFrom));
}
