using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Client;
using Grpc.Tests.Interop;
using Grpc.Tests.Server;
using Grpc.Tests.Transcoding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static Grpc.Tests.Interop.Interop;

namespace Grpc.Tests;

/// <summary>Durations and spans of calls. The instruments are the process's: a test finds its own call by a time that no other takes.</summary>
public sealed class TelemetryTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ServerMetric_GrpcCall_HasItsDurationMethodAndStatus()
    {
        var time = new FakeTimeProvider();
        using var meter = new Measurement("rpc.server.call.duration", 90.125);
        await using var server = await InteropServer.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var client = new RawClient(server.Address);

        var call = client.CallAsync("Sleep", RawClient.Frame(new InteropRequest()), ("grpc-timeout", "90125m"));
        await server.Service.SleepBegun.Task;
        time.Advance(TimeSpan.FromSeconds(90.125));
        await call;

        Assert.Equal(
            "error.type=DEADLINE_EXCEEDED rpc.method=grpc.tests.v1.Interop/Sleep rpc.response.status_code=DEADLINE_EXCEEDED rpc.system.name=grpc",
            await meter.Tags.WaitAsync(Token));
    }

    [Fact]
    public async Task ServerMetric_JsonCall_HasItsDurationMethodAndStatus()
    {
        using var meter = new Measurement("rpc.server.call.duration", 7.25);
        await using var host = await LibraryHost.StartAsync();

        var answer = host.SendAsync("GET", "/v1/wait");
        await host.Probe.Received.WaitAsync(Token);
        host.Time.Advance(TimeSpan.FromSeconds(7.25));
        host.Probe.Gate.Release();
        await answer;

        Assert.Equal(
            "rpc.method=grpc.tests.transcoding.Library/Wait rpc.response.status_code=OK rpc.system.name=grpc", await meter.Tags.WaitAsync(Token));
    }

    [Fact]
    public async Task ServerSpan_JsonCall_NamesMethodAndStatus()
    {
        var stopped = new TaskCompletionSource<Activity>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = Listen("Microsoft.AspNetCore", activity =>
        {
            if (activity.GetTagItem("rpc.method") is "grpc.tests.transcoding.Library/Fail" && activity.GetTagItem("grpc.status_code") is "15")
            {
                stopped.TrySetResult(activity);
            }
        });
        await using var host = await LibraryHost.StartAsync();

        await host.SendAsync("GET", "/v1/fail?code=15");

        var activity = await stopped.Task.WaitAsync(Token);
        Assert.Equal("DATA_LOSS", activity.GetTagItem("rpc.response.status_code"));
        Assert.Equal(ActivityStatusCode.Error, activity.Status);
    }

    [Fact]
    public async Task ClientMetricAndSpan_Call_HaveMethodServerAndStatus()
    {
        var time = new FakeTimeProvider();
        using var meter = new Measurement("rpc.client.call.duration", 5.5);
        var stopped = new TaskCompletionSource<Activity>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = Listen("Grpc.Net.Client", activity =>
        {
            if (activity.GetTagItem("grpc.status_code") is "11")
            {
                stopped.TrySetResult(activity);
            }
        });
        await using var server = await RawServer.StartAsync(context =>
        {
            time.Advance(TimeSpan.FromSeconds(5.5));
            context.AsGrpc().Headers["grpc-status"] = "11";
            return Task.CompletedTask;
        });
        using var channel = server.Channel(new GrpcChannelOptions { TimeProvider = time });

        await Assert.ThrowsAsync<RpcException>(async () => await new InteropClient(channel).UnaryAsync(new InteropRequest(), cancellationToken: Token));

        var port = new Uri(server.Address).Port;
        Assert.Equal(
            $"error.type=OUT_OF_RANGE rpc.method=grpc.tests.v1.Interop/Unary rpc.response.status_code=OUT_OF_RANGE rpc.system.name=grpc server.address=127.0.0.1 server.port={port}",
            await meter.Tags.WaitAsync(Token));
        var activity = await stopped.Task.WaitAsync(Token);
        Assert.Equal(("grpc.tests.v1.Interop/Unary", ActivityKind.Client), (activity.DisplayName, activity.Kind));
        Assert.Equal("OUT_OF_RANGE", activity.GetTagItem("rpc.response.status_code"));
        Assert.Equal(port, activity.GetTagItem("server.port"));
    }

    static ActivityListener Listen(string source, Action<Activity> stopped)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>The tags of the first measurement with the given value.</summary>
    sealed class Measurement : IDisposable
    {
        readonly MeterListener _listener = new();
        readonly TaskCompletionSource<string> _tags = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Measurement(string instrument, double seconds)
        {
            _listener.InstrumentPublished = (candidate, listener) =>
            {
                if (candidate.Name == instrument)
                {
                    listener.EnableMeasurementEvents(candidate);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
            {
                if (Math.Abs(value - seconds) < 0.001)
                {
                    _tags.TrySetResult(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal)));
                }
            });
            _listener.Start();
        }

        public Task<string> Tags => _tags.Task;

        public void Dispose() => _listener.Dispose();
    }
}
