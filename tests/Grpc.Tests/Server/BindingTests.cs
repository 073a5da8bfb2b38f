using System.Diagnostics;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Tests.Server;

public sealed class BindingTests
{
    static readonly byte[] s_body = RawClient.Frame(new InteropRequest());

    [Fact]
    public async Task Map_MethodHiddenWithNew_IsPassedOverForTheOverride()
    {
        await using var server = await InteropServer.StartAsync(configure: null, app => app.MapGrpcService<Hiding>());
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", s_body);

        Assert.Equal(1, InteropResponse.Parser.ParseFrom(Assert.Single(response.Messages)).Count);
    }

    [Fact]
    public async Task Map_TypeWithoutGeneratedBase_Throws() =>
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => InteropServer.StartAsync(configure: null, app => app.MapGrpcService<BindingTests>()));

    [Fact]
    public async Task Map_Attributes_BecomeMetadataBesideTheMethod()
    {
        await using var server = await InteropServer.StartAsync(configure: null, app => app.MapGrpcService<Marked>());

        var endpoint = server.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Single(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.Name == "Unary");

        Assert.Equal(["class", "method"], endpoint.Metadata.GetOrderedMetadata<MarkAttribute>().Select(mark => mark.Name));
        Assert.Equal(typeof(Marked), endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()!.ServiceType);
    }

    [Fact]
    public async Task Service_NotRegistered_IsCreatedAndDisposedForEachCall()
    {
        var counter = new Counter();
        await using var server = await InteropServer.StartAsync(
            builder => builder.Services.AddSingleton(counter), app => app.MapGrpcService<Disposed>());
        using var client = new RawClient(server.Address);

        await client.CallAsync("Unary", s_body);
        await client.CallAsync("ServerStream", s_body);

        Assert.Equal((2, 2), (counter.Created, counter.Disposed));
    }

    [Fact]
    public async Task ServiceOptions_OverrideTheGlobalOnes()
    {
        await using var server = await InteropServer.StartAsync(builder => builder.Services
            .AddGrpc(options => (options.MaxReceiveMessageSize, options.EnableDetailedErrors) = (1, true))
            .AddServiceOptions<InteropService>(options => options.MaxReceiveMessageSize = 1000));
        using var client = new RawClient(server.Address);

        var fits = await client.CallAsync("Unary", RawClient.Frame(new InteropRequest { FailMessage = "longer than one byte" }));
        var detailed = await client.CallAsync("Fail", s_body);

        Assert.Equal(StatusCode.OK, fits.Status);
        Assert.Contains("no fail_code", detailed.RawMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Activity_OfACall_NamesMethodAndStatus()
    {
        Activity? activity = null;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await InteropServer.StartAsync(configure: null, app =>
        {
            app.Use(async (context, next) =>
            {
                await next(context);
                activity = context.Features.Get<IHttpActivityFeature>()?.Activity;
                ended.SetResult();
            });
            app.MapGrpcService<InteropService>();
        });
        using var client = new RawClient(server.Address);

        await client.CallAsync("Fail", RawClient.Frame(new InteropRequest { FailCode = 5 }));
        await ended.Task;

        Assert.Equal("/grpc.tests.v1.Interop/Fail", activity!.GetTagItem("grpc.method"));
        Assert.Equal("5", activity.GetTagItem("grpc.status_code"));
        Assert.Equal("grpc.tests.v1.Interop/Fail", activity.GetTagItem("rpc.method"));
        Assert.Equal("NOT_FOUND", activity.GetTagItem("rpc.response.status_code"));
    }

    class Overriding : Interop.Interop.InteropBase
    {
        public override Task<InteropResponse> Unary(InteropRequest request, ServerCallContext context) =>
            Task.FromResult(new InteropResponse { Count = 1 });
    }

    sealed class Hiding : Overriding
    {
        public new Task<InteropResponse> Unary(InteropRequest request, ServerCallContext context) =>
            Task.FromResult(new InteropResponse { Count = 2 });
    }

    [Mark("class")]
    sealed class Marked : Interop.Interop.InteropBase
    {
        [Mark("method")]
        public override Task<InteropResponse> Unary(InteropRequest request, ServerCallContext context) =>
            Task.FromResult(new InteropResponse());
    }

    [AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
    sealed class MarkAttribute(string name) : Attribute
    {
        public string Name { get; } = name;
    }

    sealed class Counter
    {
        public int Created { get; set; }

        public int Disposed { get; set; }
    }

    sealed class Disposed : Interop.Interop.InteropBase, IAsyncDisposable
    {
        readonly Counter _counter;

        public Disposed(Counter counter)
        {
            _counter = counter;
            _counter.Created++;
        }

        public override Task<InteropResponse> Unary(InteropRequest request, ServerCallContext context) =>
            Task.FromResult(new InteropResponse());

        public override Task ServerStream(
            InteropRequest request, IServerStreamWriter<InteropResponse> responseStream, ServerCallContext context) => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            _counter.Disposed++;
            return ValueTask.CompletedTask;
        }
    }
}
