using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Tests.Interop;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Grpc.Tests.Server;

public sealed class DeadlineTests
{
    static readonly byte[] s_body = RawClient.Frame(new InteropRequest());

    [Fact]
    public async Task Sleep_DeadlinePasses_CancelsTheHandlerAndAnswersDeadlineExceeded()
    {
        var time = new FakeTimeProvider();
        await using var server = await InteropServer.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var client = new RawClient(server.Address);

        var call = client.CallAsync("Sleep", s_body, ("grpc-timeout", "90S"));
        await server.Service.SleepBegun.Task;
        time.Advance(TimeSpan.FromSeconds(89));
        Assert.False(server.Service.SleepCancelled.Task.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        var response = await call;
        await server.Service.SleepCancelled.Task;
        Assert.Equal(StatusCode.DeadlineExceeded, response.Status);
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Sleep_RegisteredWithTheTokenThrows_IsLoggedAndNothingElse()
    {
        var time = new FakeTimeProvider();
        await using var server = await InteropServer.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<ThrowsWhenCancelled>());
        });
        using var client = new RawClient(server.Address);

        var call = client.CallAsync("Sleep", s_body, ("grpc-timeout", "1S"));
        await server.Service.SleepBegun.Task;
        // On a real timer's thread, what comes out here ends the process.
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await call).Status);
        Assert.Contains("in a registration", Assert.Single(server.ErrorLogs), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sleep_HandlerTouchesTheResponsePastTheDeadline_ItsHeadersAndTheStatusArrive()
    {
        var time = new FakeTimeProvider();
        await using var server = await InteropServer.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<MarksTheResponseLate>());
        });
        using var client = new RawClient(server.Address);

        var call = client.CallAsync("Sleep", s_body, ("grpc-timeout", "1S"));
        await server.Service.SleepBegun.Task;
        time.Advance(TimeSpan.FromSeconds(1));

        var response = await call;
        Assert.Equal(StatusCode.DeadlineExceeded, response.Status);
        Assert.Equal("yes", response.Headers.GetValues("x-late").Single());
    }

    [Fact]
    public async Task Unary_HandlerIgnoresItsToken_TheCallEndsWithoutIt()
    {
        var time = new FakeTimeProvider();
        var stuck = new GetsStuck();
        await using var server = await InteropServer.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.AddSingleton(stuck);
            builder.Services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<GetsStuck>());
        });
        using var client = new RawClient(server.Address);

        var call = client.CallAsync("Unary", s_body, ("grpc-timeout", "1S"));
        await stuck.Begun.Task;
        time.Advance(TimeSpan.FromSeconds(1));
        await stuck.Told.Task;
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await call).Status);
        stuck.Gate.SetResult();
    }

    [Fact]
    public async Task Duplex_DeadlinePassesWhileWaitingForRequests_EndsTheCall()
    {
        var time = new FakeTimeProvider();
        await using var server = await InteropServer.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var client = new RawClient(server.Address);
        var request = RawClient.Request("/grpc.tests.v1.Interop/Duplex", []);
        var body = new OpenBody();
        request.Content = body;
        request.Content.Headers.Add("content-type", "application/grpc");
        request.Headers.Add("grpc-timeout", "5S");

        var call = client.StreamAsync(request);
        var stream = await body.Stream;
        await stream.WriteAsync(RawClient.Frame(new InteropRequest { ResponseSize = 3 }), TestContext.Current.CancellationToken);
        await stream.FlushAsync(TestContext.Current.CancellationToken);
        using var response = await call;
        using var content = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await content.ReadExactlyAsync(new byte[5], TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(5));
        await content.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);

        Assert.Equal("4", response.TrailingHeaders.GetValues("grpc-status").Single());
        body.End();
    }

    [Theory]
    [InlineData("0S")]
    [InlineData("123456789m")]
    [InlineData("soon")]
    [InlineData("99999999H")]
    public async Task Unary_MalformedOrEndlessTimeout_IsNoDeadline(string timeout)
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        Assert.Equal(StatusCode.OK, (await client.CallAsync("Unary", s_body, ("grpc-timeout", timeout))).Status);
    }

    [Fact]
    public async Task Sleep_ClientResets_CancelsTheHandler()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);
        using var cancel = new CancellationTokenSource();

        var call = client.StreamAsync(RawClient.Request("/grpc.tests.v1.Interop/Sleep", s_body), cancel.Token);
        await server.Service.SleepBegun.Task;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await server.Service.SleepCancelled.Task;
        Assert.Empty(server.ErrorLogs);
    }

    sealed class MarksTheResponseLate : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            try
            {
                return await continuation(request, context);
            }
            finally
            {
                context.GetHttpContext().Response.Headers["x-late"] = "yes";
            }
        }
    }

    sealed class GetsStuck : Interceptor
    {
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            await using var _ = context.CancellationToken.Register(Told.SetResult);
            Begun.SetResult();
            await Gate.Task;
            return await continuation(request, context);
        }
    }

    sealed class ThrowsWhenCancelled : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            context.CancellationToken.Register(() => throw new InvalidOperationException("in a registration"));
            return continuation(request, context);
        }
    }
}
