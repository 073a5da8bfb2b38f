using Grpc.AspNetCore.HealthChecks;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.Tests.Server;

public sealed class HealthTests
{
    [Fact]
    public async Task Check_MappedServices_SeeOnlyTheirChecks()
    {
        await using var server = await StartAsync();
        using var client = new RawClient(server.Address);

        Assert.Equal(ServingStatus.NotServing, await CheckAsync(client, ""));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(client, "good"));
    }

    [Fact]
    public async Task Check_UnknownService_IsNotFound()
    {
        await using var server = await StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.SendAsync(RawClient.Request(
            "/grpc.health.v1.Health/Check", RawClient.Frame(new HealthCheckRequest { Service = "no such" })));

        Assert.Equal(StatusCode.NotFound, response.Status);
    }

    [Fact]
    public async Task Watch_StatusChanges_SendsEachChangeOnceAndEndsWithTheServer()
    {
        await using var server = await StartAsync();
        using var client = new RawClient(server.Address);
        using var response = await client.StreamAsync(RawClient.Request(
            "/grpc.health.v1.Health/Watch", RawClient.Frame(new HealthCheckRequest { Service = "good" })));
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var publisher = server.Services.GetRequiredService<HealthState>();

        Assert.Equal(ServingStatus.Serving, await NextAsync(stream));
        publisher.Set("good", ServingStatus.Serving);
        publisher.Set("good", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(stream));
        publisher.Set("good", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(stream));
        var stop = server.StopAsync();
        Assert.Equal(ServingStatus.NotServing, await NextAsync(stream));
        await stop;
    }

    [Fact]
    public async Task Watch_UnknownService_SaysSoAndStaysOpen()
    {
        await using var server = await StartAsync();
        using var client = new RawClient(server.Address);
        using var response = await client.StreamAsync(RawClient.Request(
            "/grpc.health.v1.Health/Watch", RawClient.Frame(new HealthCheckRequest { Service = "later" })));
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(stream));
        server.Services.GetRequiredService<HealthState>().Set("later", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(stream));
    }

    static async Task<ServingStatus> CheckAsync(RawClient client, string service)
    {
        var response = await client.SendAsync(RawClient.Request(
            "/grpc.health.v1.Health/Check", RawClient.Frame(new HealthCheckRequest { Service = service })));
        return HealthCheckResponse.Parser.ParseFrom(Assert.Single(response.Messages)).Status;
    }

    static async Task<ServingStatus> NextAsync(Stream stream)
    {
        var header = new byte[5];
        await stream.ReadExactlyAsync(header, TestContext.Current.CancellationToken);
        var message = new byte[header[4]];
        await stream.ReadExactlyAsync(message, TestContext.Current.CancellationToken);
        return HealthCheckResponse.Parser.ParseFrom(message).Status;
    }

    static Task<InteropServer> StartAsync() => InteropServer.StartAsync(
        builder => builder.Services
            .AddGrpcHealthChecks(options => options.Services.Map("good", check => check.Tags.Contains("good")))
            .AddCheck("up", () => HealthCheckResult.Healthy(), ["good"])
            .AddCheck("down", () => HealthCheckResult.Unhealthy()),
        app => app.MapGrpcHealthChecksService());
}
