using Grpc.Core;
using Grpc.Tests.Interop;

namespace Grpc.Tests.Server;

public sealed class MetadataTests
{
    static readonly byte[] s_body = RawClient.Frame(new InteropRequest());

    [Fact]
    public async Task Echo_AsciiAndBinary_ComeBackAsHeadersAndTrailers()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("EchoMetadata", s_body, ("echo-a", "one"), ("echo-a", "two"), ("echo-b-bin", "AQI"));

        Assert.Equal(["one", "two"], response.Headers.GetValues("echo-a").SelectMany(value => value.Split(", ")));
        Assert.Equal("AQI", response.Headers.GetValues("echo-b-bin").Single());
        Assert.Equal("AQI", response.Trailers.GetValues("echo-b-bin").Single());
        Assert.Equal("application/grpc", response.ContentHeaders.ContentType?.ToString());
    }

    [Fact]
    public async Task Echo_PaddedAndJoinedBinary_IsSplitAndDecoded()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("EchoMetadata", s_body, ("echo-b-bin", "AQ==,AgM="));

        Assert.Equal(["AQ", "AgM"], response.Trailers.GetValues("echo-b-bin"));
    }

    [Fact]
    public async Task Echo_BrokenBinary_IsInternal()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        Assert.Equal(StatusCode.Internal, (await client.CallAsync("EchoMetadata", s_body, ("x-bin", "!!"))).Status);
    }

    [Fact]
    public async Task Headers_OfTheProtocol_AreHidden()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync(
            "EchoMetadata", s_body, ("grpc-timeout", "10S"), ("grpc-accept-encoding", "gzip"), ("seen", "yes"));

        var seen = InteropResponse.Parser.ParseFrom(Assert.Single(response.Messages)).Metadata;
        Assert.Equal("yes", seen["seen"]);
        Assert.Empty(seen.Keys.Intersect(["te", "content-type", "host", "grpc-timeout", "grpc-accept-encoding", ":path"]));
    }
}
