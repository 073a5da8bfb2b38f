using Google.Rpc;
using Grpc.Core;
using Grpc.Validation;
using Microsoft.Extensions.DependencyInjection;
using Status = Google.Rpc.Status;

namespace Grpc.Tests.Validation;

public sealed class ValidationInterceptorTests
{
    static readonly ServerCallContext s_context = null!;

    /// <summary>A rule over two fields.</summary>
    sealed class SizeNeedsPort : IRequestValidator<Ruled>
    {
        public void Validate(Ruled request, ViolationSink violations)
        {
            if (request.Size > 0 && request.Port == 0 && !violations.Has("port"))
            {
                violations.Add("port", "must be set beside size");
            }
        }
    }

    static ValidationInterceptor Interceptor(bool crossField = false)
    {
        ServiceCollection services = new();
        if (crossField)
        {
            services.AddSingleton<IRequestValidator<Ruled>, SizeNeedsPort>();
        }

        return new ValidationInterceptor(services.BuildServiceProvider());
    }

    static Ruled Valid() => new() { Plain = "x", Wrapped = "" };

    [Fact]
    public async Task Unary_ValidRequest_ReachesTheHandler()
    {
        Ruled request = Valid();
        Assert.Same(request, await Interceptor().UnaryServerHandler(request, s_context, (given, _) => Task.FromResult(given)));
    }

    [Fact]
    public async Task Unary_Violations_FieldAndCrossFieldInOneStatus()
    {
        Ruled request = Valid();
        (request.Plain, request.Size) = ("", 7);
        RpcException error = await Assert.ThrowsAsync<RpcException>(() =>
            Interceptor(crossField: true).UnaryServerHandler<Ruled, Ruled>(request, s_context, (_, _) => throw new InvalidOperationException("reached")));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("plain must not be empty (and 1 more violation)", error.Status.Detail);
        Status status = Assert.IsType<Status>(error.GetRpcStatus());
        Assert.Equal(["plain", "port"], status.Details.Single().Unpack<BadRequest>().FieldViolations.Select(violation => violation.Field));
    }

    [Fact]
    public async Task ServerStreaming_Violation_BeforeTheHandlerRuns()
    {
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => Interceptor().ServerStreamingServerHandler<Ruled, Ruled>(
            new Ruled { Wrapped = "" }, null!, s_context, (_, _, _) => throw new InvalidOperationException("reached")));
        Assert.Equal("plain must not be empty", error.Status.Detail);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientStream_BadSecondMessage_HandlerSeesTheFirstOnly(bool duplex)
    {
        List<Ruled> seen = [];
        ListReader reader = new([Valid(), new Ruled { Wrapped = "" }]);
        async Task Drain(IAsyncStreamReader<Ruled> stream)
        {
            while (await stream.MoveNext(TestContext.Current.CancellationToken))
            {
                seen.Add(stream.Current);
            }
        }

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => duplex
            ? Interceptor().DuplexStreamingServerHandler<Ruled, Ruled>(reader, null!, s_context, (stream, _, _) => Drain(stream))
            : Interceptor().ClientStreamingServerHandler<Ruled, Ruled>(reader, s_context, async (stream, _) =>
            {
                await Drain(stream);
                return Valid();
            }));
        Assert.Equal("message 2: plain must not be empty", error.Status.Detail);
        Assert.Single(seen);
    }

    sealed class ListReader(List<Ruled> messages) : IAsyncStreamReader<Ruled>
    {
        int _next;

        public Ruled Current => messages[_next - 1];

        public Task<bool> MoveNext(CancellationToken cancellationToken) => Task.FromResult(_next++ < messages.Count);
    }
}
