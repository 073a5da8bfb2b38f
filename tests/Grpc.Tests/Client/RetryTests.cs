using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Net.Client.Retries;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using static Grpc.Tests.Client.RawServer;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests.Client;

public sealed class RetryTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unary_TwoFailures_IsAnsweredByTheThirdAttempt()
    {
        var attempts = new ConcurrentQueue<string>();
        await using var server = await StartAsync(async context =>
        {
            attempts.Enqueue(context.Request.Headers["grpc-previous-rpc-attempts"].ToString());
            var request = InteropRequest.Parser.ParseFrom((await context.ReadFramesAsync()).Single());
            await AnswerAsync(context, attempts.Count < 3 ? "14" : "0", request.Payload);
        });
        using var channel = server.Channel(Options());
        var payload = ByteString.CopyFrom(new byte[200_000]);
        var answer = await new InteropClient(channel).UnaryAsync(new InteropRequest { Payload = payload }, cancellationToken: Token);
        Assert.Equal(payload, answer.Payload);
        Assert.Equal(["", "1", "2"], attempts);
    }

    [Theory]
    [InlineData("14", null, 3)]
    [InlineData("5", null, 1)]
    [InlineData("14", "-1", 1)]
    [InlineData("14", "soon", 1)]
    [InlineData("14", "0", 3)]
    public async Task Unary_EveryAttemptFails_StopsWhenItMust(string status, string? pushback, int expected)
    {
        var attempts = 0;
        await using var server = await StartAsync(context =>
        {
            Interlocked.Increment(ref attempts);
            context.AsGrpc().Headers["grpc-status"] = status;
            context.Response.Headers["grpc-retry-pushback-ms"] = pushback;
            return Task.CompletedTask;
        });
        using var channel = server.Channel(Options());
        await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token));
        Assert.Equal(expected, attempts);
    }

    [Fact]
    public async Task Unary_PolicyOfManyAttempts_IsCappedByTheChannel()
    {
        var attempts = 0;
        await using var server = await StartAsync(context =>
        {
            Interlocked.Increment(ref attempts);
            return AnswerAsync(context, "14", ByteString.Empty);
        });
        using var channel = server.Channel(Options(attempts: 9));
        await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token));
        Assert.Equal(5, attempts);
    }

    [Fact]
    public async Task Unary_DeadlineBetweenAttempts_EndsTheCall()
    {
        var clock = new FakeTimeProvider();
        var timeouts = new ConcurrentQueue<string>();
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            timeouts.Enqueue(context.Request.Headers["grpc-timeout"].ToString());
            clock.Advance(TimeSpan.FromSeconds(20));
            if (timeouts.Count == 3)
            {
                third.SetResult();
                await context.AbortedAsync();
                return;
            }

            context.Response.Headers["grpc-retry-pushback-ms"] = "0";
            await AnswerAsync(context, "14", ByteString.Empty);
        });
        var options = Options();
        options.TimeProvider = clock;
        using var channel = server.Channel(options);
        var call = new InteropClient(channel).UnaryAsync(
            new InteropRequest(), deadline: clock.GetUtcNow().UtcDateTime.AddSeconds(50), cancellationToken: Token);

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        await third.Task.WaitAsync(Token);
        Assert.Equal(["50S", "30S", "10S"], timeouts);
    }

    [Fact]
    public async Task Unary_FailureAfterHeaders_IsCommitted()
    {
        var attempts = 0;
        await using var server = await StartAsync(async context =>
        {
            Interlocked.Increment(ref attempts);
            await context.AsGrpc().SendAsync([]);
            await context.Response.Body.FlushAsync(Token);
            context.Response.EndWith("14");
        });
        using var channel = server.Channel(Options());
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token));
        Assert.Equal((StatusCode.Unavailable, 1), (failure.StatusCode, attempts));
    }

    [Theory]
    [InlineData(1_000_000, 2)]
    [InlineData(10, 1)]
    public async Task ClientStream_MessagesWithinTheBuffer_AreSentAgain(long buffer, int expectedAttempts)
    {
        var attempts = 0;
        var second = new TaskCompletionSource<List<byte[]>>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            if (Interlocked.Increment(ref attempts) == 1)
            {
                var part = new byte[20];
                await context.Request.Body.ReadAtLeastAsync(part, part.Length, cancellationToken: Token);
                context.AsGrpc().Headers["grpc-status"] = "14";
                return;
            }

            second.SetResult(await context.ReadFramesAsync());
            await AnswerAsync(context, "0", ByteString.Empty);
        });
        var options = Options();
        options.MaxRetryBufferPerCallSize = buffer;
        using var channel = server.Channel(options);
        using var call = new InteropClient(channel).ClientStream(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new InteropRequest { Payload = ByteString.CopyFrom(new byte[30]) }, Token);
        if (expectedAttempts == 1)
        {
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        }
        else
        {
            await call.RequestStream.WriteAsync(new InteropRequest { Payload = ByteString.CopyFrom(new byte[40]) }, Token);
            await call.RequestStream.CompleteAsync();
            await call;
            Assert.Equal([32, 42], (await second.Task).Select(frame => frame.Length));
        }

        Assert.Equal(expectedAttempts, attempts);
    }

    [Fact]
    public void TryRetry_Delays_GrowToTheCeilingAndStartAgainAfterPushback()
    {
        var state = new RetryState(Policy(attempts: 9), 9, throttle: null, nextRandom: () => 0.5);
        var pushback = new Metadata { { "grpc-retry-pushback-ms", "77" } };
        var delays = new[] { new Metadata(), [], [], [], pushback, [] }.Select(trailers =>
        {
            Assert.True(state.TryRetry(StatusCode.Unavailable, trailers, out var delay));
            return delay.TotalMilliseconds;
        });
        Assert.Equal([0.5, 1, 2, 2.5, 77, 0.5], delays);
        Assert.Equal(6, state.Failures);
    }

    [Fact]
    public void Throttle_HalfTheTokensGone_StopsUntilSuccessesPayBack()
    {
        var throttle = new RetryThrottle(new RetryThrottlingPolicy { MaxTokens = 4, TokenRatio = 0.5 });
        Assert.True(throttle.Fail());
        Assert.False(throttle.Fail());
        throttle.Succeed();
        throttle.Succeed();
        throttle.Succeed();
        throttle.Succeed();
        Assert.True(throttle.Fail());
    }

    [Fact]
    public void Channel_HedgingPolicy_IsRefused()
    {
        var config = new ServiceConfig { MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, HedgingPolicy = new HedgingPolicy() } } };
        Assert.Throws<NotSupportedException>(() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { ServiceConfig = config }));
    }

    [Fact]
    public void Channel_InvalidRetryPolicy_IsRefusedWithEveryReason()
    {
        var config = new ServiceConfig
        {
            MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, RetryPolicy = new RetryPolicy { MaxAttempts = 1 } } },
            RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 0, TokenRatio = 1 },
        };
        var failure = Assert.Throws<InvalidOperationException>(() =>
            GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { ServiceConfig = config }));
        foreach (var name in new[] { "MaxAttempts", "InitialBackoff", "MaxBackoff", "BackoffMultiplier", "RetryableStatusCodes", "MaxTokens" })
        {
            Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        }
    }

    static GrpcChannelOptions Options(int attempts = 3) => new()
    {
        ServiceConfig = new ServiceConfig
        {
            MethodConfigs = { new MethodConfig { Names = { new MethodName { Service = "grpc.tests.v1.Interop" } }, RetryPolicy = Policy(attempts) } },
        },
    };

    static RetryPolicy Policy(int attempts) => new()
    {
        MaxAttempts = attempts,
        InitialBackoff = TimeSpan.FromMilliseconds(1),
        MaxBackoff = TimeSpan.FromMilliseconds(5),
        BackoffMultiplier = 2,
        RetryableStatusCodes = { StatusCode.Unavailable },
    };

    static async Task AnswerAsync(HttpContext context, string status, ByteString payload)
    {
        if (status != "0")
        {
            context.AsGrpc().Headers["grpc-status"] = status;
            return;
        }

        await context.AsGrpc().SendAsync(Frame(new InteropResponse { Payload = payload }));
        context.Response.EndWith("0");
    }
}
