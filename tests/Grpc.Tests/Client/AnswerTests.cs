using System.Text;
using Grpc.Core;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Http;
using static Grpc.Tests.Interop.Interop;
using static Grpc.Tests.Client.RawServer;

namespace Grpc.Tests.Client;

/// <summary>What the client makes of each way a server can answer.</summary>
public sealed class AnswerTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unary_GoodAnswer_GivesMessageHeadersAndTrailers()
    {
        await using var server = await StartAsync(async context =>
        {
            var response = context.AsGrpc();
            response.Headers["echo"] = "h";
            response.Headers["echo-bin"] = "AAE,Ag==";
            await response.SendAsync(Frame(Message()));
            response.AppendTrailer("tail-bin", "/w");
            response.EndWith("0");
        });
        using var channel = server.Channel();
        using var call = new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token);

        Assert.Equal(7, (await call).Count);
        var headers = await call.ResponseHeadersAsync;
        Assert.Equal("h", headers.GetValue("echo"));
        Assert.Equal([[0, 1], [2]], headers.GetAll("echo-bin").Select(entry => entry.ValueBytes));
        Assert.Equal(Status.DefaultSuccess.StatusCode, call.GetStatus().StatusCode);
        Assert.Equal([0xFF], call.GetTrailers().GetValueBytes("tail-bin"));
        Assert.Null(call.GetTrailers().Get("grpc-status"));
    }

    [Fact]
    public async Task Unary_FrameInSingleBytes_IsReassembled()
    {
        await using var server = await StartAsync(async context =>
        {
            await context.AsGrpc().SendAsync([.. Frame(Message()).Select(value => new[] { value })]);
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        var answer = await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token);
        Assert.Equal(7, answer.Count);
    }

    [Fact]
    public async Task Unary_TrailersOnly_GivesStatusMessageAndMetadata()
    {
        var failure = await FailAsync(context =>
        {
            context.AsGrpc().Headers["grpc-status"] = "5";
            context.Response.Headers["grpc-message"] = "no a%C3%B1o 100%";
            context.Response.Headers["why"] = "because";
            return Task.CompletedTask;
        });
        Assert.Equal((StatusCode.NotFound, "no año 100%"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal("because", failure.Trailers.GetValue("why"));
    }

    [Theory]
    [InlineData("17", StatusCode.Unknown)]
    [InlineData("x", StatusCode.Unknown)]
    [InlineData("16", StatusCode.Unauthenticated)]
    public async Task Unary_StatusText_IsMapped(string text, StatusCode expected)
    {
        var failure = await FailAsync(context =>
        {
            context.AsGrpc().Headers["grpc-status"] = text;
            return Task.CompletedTask;
        });
        Assert.Equal(expected, failure.StatusCode);
    }

    [Fact]
    public async Task Unary_OkWithoutMessage_IsInternal()
    {
        var failure = await FailAsync(context =>
        {
            context.AsGrpc().Headers["grpc-status"] = "0";
            return Task.CompletedTask;
        });
        Assert.Equal(StatusCode.Internal, failure.StatusCode);
    }

    [Fact]
    public async Task Unary_OkTrailersAfterNoMessage_IsInternal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync("0")).StatusCode);

    [Fact]
    public async Task Unary_TwoMessages_IsInternal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync("0", Frame(Message()), Frame(Message()))).StatusCode);

    [Fact]
    public async Task Unary_MessageThenFailure_IsTheFailure() =>
        Assert.Equal(StatusCode.DataLoss, (await FailAsync("15", Frame(Message()))).StatusCode);

    [Fact]
    public async Task Unary_NoStatusAtAll_IsUnknown() =>
        Assert.Equal(StatusCode.Unknown, (await FailAsync(status: null, Frame(Message()))).StatusCode);

    [Fact]
    public async Task Unary_UnknownFlag_IsInternal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync("0", Frame(Message(), flag: 2))).StatusCode);

    [Fact]
    public async Task Unary_CompressedFlagWithoutEncoding_IsInternal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync("0", Frame(Message(), flag: 1))).StatusCode);

    [Fact]
    public async Task Unary_TruncatedMessage_IsInternal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync("0", Frame(Message())[..^1])).StatusCode);

    [Fact]
    public async Task Unary_TruncatedMessageWithStatus_IsTheStatus() =>
        Assert.Equal(StatusCode.Aborted, (await FailAsync("10", Frame(Message())[..^1])).StatusCode);

    [Fact]
    public async Task Unary_UnparsableMessage_IsInternal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync("0", Frame(Encoding.ASCII.GetBytes("\xff\xff")))).StatusCode);

    [Fact]
    public async Task Unary_PrefixBeyondTheLimit_IsRefusedBeforeItsBytes()
    {
        await using var server = await StartAsync(async context =>
        {
            // 4 MiB and one byte are announced, and never sent.
            await context.AsGrpc().SendAsync([0, 0, 0x40, 0, 1]);
            await context.AbortedAsync();
        });
        using var channel = server.Channel();
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(302, StatusCode.Unknown)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(503, StatusCode.Unavailable)]
    public async Task Unary_HttpStatus_IsMapped(int http, StatusCode expected)
    {
        var failure = await FailAsync(async context =>
        {
            context.Response.StatusCode = http;
            context.Response.ContentType = "text/html";
            context.Response.Headers.Location = "/elsewhere";
            await context.Response.SendAsync("<p>no</p>"u8.ToArray());
        });
        Assert.Equal(expected, failure.StatusCode);
    }

    [Fact]
    public async Task Unary_HttpStatusWithGrpcStatus_IsTheGrpcStatus()
    {
        var failure = await FailAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers["grpc-status"] = "7";
            return Task.CompletedTask;
        });
        Assert.Equal(StatusCode.PermissionDenied, failure.StatusCode);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/grpcx")]
    [InlineData("application/grpc-web")]
    public async Task Unary_OtherContentType_IsUnknown(string contentType)
    {
        var failure = await FailAsync(async context =>
        {
            context.Response.ContentType = contentType;
            await context.Response.SendAsync(Frame(Message()));
        });
        Assert.Equal(StatusCode.Unknown, failure.StatusCode);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("Application/GRPC;charset=utf-8")]
    public async Task Unary_GrpcContentTypes_AreAccepted(string contentType)
    {
        await using var server = await StartAsync(async context =>
        {
            context.Response.ContentType = contentType;
            await context.Response.SendAsync(Frame(Message()));
            context.Response.EndWith("0");
        });
        using var channel = server.Channel();
        Assert.Equal(7, (await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token)).Count);
    }

    [Theory]
    [InlineData(0, StatusCode.Internal)]
    [InlineData(1, StatusCode.Internal)]
    [InlineData(2, StatusCode.Internal)]
    [InlineData(8, StatusCode.Cancelled)]
    [InlineData(11, StatusCode.ResourceExhausted)]
    [InlineData(12, StatusCode.PermissionDenied)]
    public async Task Unary_ResetBeforeHeaders_IsMapped(int code, StatusCode expected)
    {
        var failure = await FailAsync(context =>
        {
            context.Reset(code);
            return Task.CompletedTask;
        });
        Assert.Equal(expected, failure.StatusCode);
    }

    [Theory]
    [InlineData(2, StatusCode.Internal)]
    [InlineData(7, StatusCode.Unavailable)]
    [InlineData(8, StatusCode.Cancelled)]
    [InlineData(11, StatusCode.ResourceExhausted)]
    public async Task ServerStream_ResetAfterAMessage_IsMapped(int code, StatusCode expected)
    {
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            await context.AsGrpc().SendAsync(Frame(Message()));
            await received.Task;
            context.Reset(code);
        });
        using var channel = server.Channel();
        using var call = new InteropClient(channel).ServerStream(new InteropRequest(), cancellationToken: Token);

        Assert.True(await call.ResponseStream.MoveNext(Token));
        received.SetResult();
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal(expected, failure.StatusCode);
        Assert.Equal(expected, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Unary_NobodyListens_IsUnavailable()
    {
        string address;
        await using (var server = await StartAsync(_ => Task.CompletedTask))
        {
            address = server.Address;
        }

        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(address);
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Equal(ConnectivityState.TransientFailure, channel.State);
    }

    static Task<RpcException> FailAsync(string? status, params byte[][] parts) => FailAsync(async context =>
    {
        await context.AsGrpc().SendAsync(parts);
        await context.Response.Body.FlushAsync();
        if (status is not null)
        {
            context.Response.EndWith(status);
        }
    });

    static async Task<RpcException> FailAsync(RequestDelegate answer)
    {
        await using var server = await StartAsync(answer);
        using var channel = server.Channel();
        using var call = new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token);
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(failure.StatusCode, call.GetStatus().StatusCode);
        return failure;
    }
}
