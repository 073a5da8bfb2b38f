using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Interop;
using Microsoft.Extensions.Time.Testing;
using static Grpc.Tests.Client.RawServer;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests.Client;

/// <summary>Deadlines, cancellation, disposal.</summary>
public sealed class LifetimeTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unary_DeadlinePasses_IsDeadlineExceededAndResetsTheStream()
    {
        var timeout = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            timeout.SetResult(context.Request.Headers["grpc-timeout"].ToString());
            await context.AbortedAsync();
            aborted.SetResult();
        });
        var clock = new FakeTimeProvider();
        using var channel = server.Channel(new GrpcChannelOptions { TimeProvider = clock });
        using var call = new InteropClient(channel).UnaryAsync(
            new InteropRequest(), deadline: clock.GetUtcNow().UtcDateTime.AddSeconds(90), cancellationToken: Token);
        Assert.Equal("90S", await timeout.Task.WaitAsync(Token));
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());

        clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        await aborted.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task Unary_ServerCancelsAfterTheDeadline_IsDeadlineExceeded()
    {
        var clock = new SteppingClock();
        await using var server = await StartAsync(context =>
        {
            clock.Step(TimeSpan.FromMinutes(1));
            context.Reset(8);
            return Task.CompletedTask;
        });
        using var channel = server.Channel(new GrpcChannelOptions { TimeProvider = clock });
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new InteropClient(channel).UnaryAsync(
            new InteropRequest(), deadline: clock.GetUtcNow().UtcDateTime.AddSeconds(30), cancellationToken: Token));
        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Fact]
    public async Task Unary_DeadlineInThePast_SendsNothing()
    {
        await using var server = await StartAsync(_ => throw new InvalidOperationException("A request arrived."));
        using var channel = server.Channel();
        foreach (var deadline in new[] { DateTime.MinValue, DateTime.UnixEpoch })
        {
            var failure = await Assert.ThrowsAsync<RpcException>(async () =>
                await new InteropClient(channel).UnaryAsync(new InteropRequest(), deadline: deadline, cancellationToken: Token));
            Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        }

        Assert.Equal(ConnectivityState.Idle, channel.State);
    }

    [Fact]
    public void Unary_LocalDeadline_IsRefused()
    {
        using var channel = GrpcChannel.ForAddress("http://localhost:1");
        Assert.Throws<InvalidOperationException>(() =>
            new InteropClient(channel).UnaryAsync(new InteropRequest(), deadline: new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Local), cancellationToken: Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unary_CallerCancels_IsCancelledAndResetsTheStream(bool throwOperationCanceled)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            started.SetResult();
            await context.AbortedAsync();
            aborted.SetResult();
        });
        using var channel = server.Channel(new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = throwOperationCanceled });
        using var cancel = new CancellationTokenSource();
        using var call = new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: cancel.Token);
        await started.Task.WaitAsync(Token);
        await cancel.CancelAsync();

        var failure = await Assert.ThrowsAnyAsync<Exception>(async () => await call);
        Assert.Equal(throwOperationCanceled, failure is OperationCanceledException);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await aborted.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task ServerStream_DisposedUnfinished_ResetsTheStream()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            await context.AsGrpc().SendAsync(Frame(Message()));
            await context.AbortedAsync();
            aborted.SetResult();
        });
        using var channel = server.Channel();
        var call = new InteropClient(channel).ServerStream(new InteropRequest(), cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        var pending = call.ResponseStream.MoveNext(Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(Token));
        call.Dispose();

        await aborted.Task.WaitAsync(Token);
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => pending)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token))).StatusCode);
    }

    [Fact]
    public async Task ServerStream_OverlappingReads_Throw()
    {
        await using var server = await StartAsync(async context =>
        {
            await context.AsGrpc().SendAsync(Array.Empty<byte>());
            await context.AbortedAsync();
        });
        using var channel = server.Channel();
        using var call = new InteropClient(channel).ServerStream(new InteropRequest(), cancellationToken: Token);
        await call.ResponseHeadersAsync;
        var first = call.ResponseStream.MoveNext(Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());

        call.Dispose();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => first)).StatusCode);
    }

    [Fact]
    public async Task ServerStream_TokenOfMoveNext_CancelsTheCall()
    {
        await using var server = await StartAsync(async context =>
        {
            await context.AsGrpc().SendAsync(Frame(Message()));
            await context.AbortedAsync();
        });
        using var channel = server.Channel();
        using var cancel = new CancellationTokenSource();
        using var call = new InteropClient(channel).ServerStream(new InteropRequest(), cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(cancel.Token));
        var pending = call.ResponseStream.MoveNext(cancel.Token);
        await cancel.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => pending)).StatusCode);
    }

    [Fact]
    public async Task Channel_Disposed_EndsItsCalls()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            started.SetResult();
            await context.AbortedAsync();
        });
        var channel = server.Channel();
        var client = new InteropClient(channel);
        using var call = client.UnaryAsync(new InteropRequest(), cancellationToken: Token);
        await started.Task.WaitAsync(Token);
        await channel.ShutdownAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        Assert.Equal(ConnectivityState.Shutdown, channel.State);
        Assert.Throws<ObjectDisposedException>(() => client.UnaryAsync(new InteropRequest(), cancellationToken: Token));
    }

    [Fact]
    public async Task ConnectAsync_ServerThere_IsReadyAndObserved()
    {
        await using var server = await StartAsync(_ => Task.CompletedTask);
        using var channel = server.Channel();
        Assert.Equal(ConnectivityState.Idle, channel.State);
        var changed = channel.WaitForStateChangedAsync(ConnectivityState.Idle, Token);
        await channel.ConnectAsync(Token);
        await changed;
        Assert.Equal(ConnectivityState.Ready, channel.State);
    }

    /// <summary>A clock that moves without its timers noticing, as when a server is faster than our timer.</summary>
    sealed class SteppingClock : TimeProvider
    {
        DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Step(TimeSpan time) => _now += time;
    }
}
