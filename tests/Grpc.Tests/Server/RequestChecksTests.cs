using System.Net;
using Grpc.Core;
using Grpc.Tests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Grpc.Tests.Server;

public sealed class RequestChecksTests
{
    const string Unary = "/grpc.tests.v1.Interop/Unary";

    static readonly byte[] s_body = RawClient.Frame(new InteropRequest());

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    [InlineData("APPLICATION/GRPC; charset=utf-8")]
    public async Task Call_GrpcContentType_IsAccepted(string contentType)
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.SendAsync(RawClient.Request(Unary, s_body, contentType));

        Assert.Equal(StatusCode.OK, response.Status);
    }

    [Theory]
    [InlineData("application/grpcx")]
    [InlineData("application/grpc-web")]
    [InlineData("application/json")]
    public async Task Call_OtherContentType_Is415(string contentType)
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.SendAsync(RawClient.Request(Unary, s_body, contentType));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.HttpStatus);
    }

    [Fact]
    public async Task Call_Get_Is405WithAllow()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);
        var request = RawClient.Request(Unary, s_body);
        request.Method = HttpMethod.Get;

        var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.HttpStatus);
        Assert.Equal("POST", Assert.Single(response.ContentHeaders.Allow));
    }

    [Fact]
    public async Task Call_OverHttp11_Is426()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);
        var request = RawClient.Request(Unary, s_body);
        request.Version = HttpVersion.Version11;

        var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.HttpStatus);
        Assert.Equal("HTTP/2.0", response.Headers.Upgrade.ToString());
    }

    [Theory]
    [InlineData("/grpc.tests.v1.Interop/Nothing")]
    [InlineData("/grpc.tests.v1.Interop/unary")]
    [InlineData("/grpc.tests.v1.Interop/Unary/")]
    [InlineData("/grpc.tests.v1.interop/Unary")]
    [InlineData("/nowhere.Nothing/Unary")]
    public async Task Call_UnknownMethodOrService_IsTrailersOnlyUnimplemented(string path)
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.SendAsync(RawClient.Request(path, s_body));

        Assert.Equal(HttpStatusCode.OK, response.HttpStatus);
        Assert.True(response.IsTrailersOnly);
        Assert.Equal(StatusCode.Unimplemented, response.Status);
    }

    [Fact]
    public async Task Call_MethodThatIsNotBuilt_IsUnimplemented()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        Assert.Equal(StatusCode.Unimplemented, (await client.CallAsync("NotBuilt", s_body)).Status);
    }

    [Fact]
    public async Task Call_UnknownServiceWhenIgnored_ReachesOtherEndpoints()
    {
        await using var server = await InteropServer.StartAsync(
            builder => Microsoft.Extensions.DependencyInjection.GrpcServicesExtensions.AddGrpc(
                builder.Services, options => options.IgnoreUnknownServices = true),
            app =>
            {
                app.MapGrpcService<InteropService>();
                app.MapFallback(context =>
                {
                    context.Response.StatusCode = StatusCodes.Status418ImATeapot;
                    return Task.CompletedTask;
                });
            });
        using var client = new RawClient(server.Address);

        var response = await client.SendAsync(RawClient.Request("/nowhere.Nothing/Unary", s_body));

        Assert.Equal((HttpStatusCode)StatusCodes.Status418ImATeapot, response.HttpStatus);
    }
}
