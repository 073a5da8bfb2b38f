using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Interop;

namespace Grpc.Tests.Server;

public sealed class FramingOnTheWireTests
{
    static readonly InteropRequest s_request = new() { Payload = ByteString.CopyFromUtf8("hello") };

    [Fact]
    public async Task Unary_OneMessage_AnswersMessageThenTrailers()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", RawClient.Frame(s_request));

        Assert.Equal(StatusCode.OK, response.Status);
        Assert.False(response.IsTrailersOnly);
        Assert.Equal("application/grpc", response.ContentHeaders.ContentType?.ToString());
        Assert.Equal("hello", InteropResponse.Parser.ParseFrom(Assert.Single(response.Messages)).Payload.ToStringUtf8());
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Unary_MessageOfLengthZero_IsAMessage()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", new byte[5]);

        Assert.Equal(StatusCode.OK, response.Status);
    }

    [Fact]
    public async Task Unary_BrokenRequests_AreInternal()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);
        var message = RawClient.Frame(s_request);
        var broken = new Dictionary<string, byte[]>
        {
            ["no message"] = [],
            ["two messages"] = [.. message, .. message],
            ["flag 2"] = RawClient.Frame(s_request.ToByteArray(), flag: 2),
            ["compressed, but no encoding announced"] = RawClient.Frame(s_request.ToByteArray(), flag: 1),
            ["truncated header"] = [0, 0, 0],
            ["truncated message"] = RawClient.Frame([1, 2, 3], length: 9),
            ["no protobuf"] = RawClient.Frame([0xFF, 0xFF, 0xFF]),
        };

        foreach (var (name, body) in broken)
        {
            var response = await client.CallAsync("Unary", body);
            Assert.True(response.Status == StatusCode.Internal, $"{name}: {response.Status} {response.RawMessage}");
            Assert.True(response.IsTrailersOnly, name);
        }
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Unary_AnnouncedLengthOverLimit_IsRefusedBeforeTheBytesCome()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", RawClient.Frame([1, 2, 3], length: (4 * 1024 * 1024) + 1));

        Assert.Equal(StatusCode.ResourceExhausted, response.Status);
    }

    [Fact]
    public async Task Unary_MessageOfExactlyTheLimit_IsAccepted()
    {
        await using var server = await InteropServer.StartAsync(options => options.MaxReceiveMessageSize = s_request.CalculateSize());
        using var client = new RawClient(server.Address);

        var fits = await client.CallAsync("Unary", RawClient.Frame(s_request));
        var tooLarge = await client.CallAsync("Unary", RawClient.Frame(new InteropRequest(s_request) { Count = 1 }));

        Assert.Equal(StatusCode.OK, fits.Status);
        Assert.Equal(StatusCode.ResourceExhausted, tooLarge.Status);
    }

    [Fact]
    public async Task Unary_LargerThanKestrelsDefaultBodyLimit_IsAcceptedWithoutALimit()
    {
        await using var server = await InteropServer.StartAsync(options => options.MaxReceiveMessageSize = null);
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync(
            "Unary", RawClient.Frame(new InteropRequest { Payload = ByteString.CopyFrom(new byte[40_000_000]), ResponseSize = 1 }));

        Assert.Equal(StatusCode.OK, response.Status);
    }

    [Fact]
    public async Task Unary_ResponseOverSendLimit_IsResourceExhausted()
    {
        await using var server = await InteropServer.StartAsync(options => options.MaxSendMessageSize = 100);
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", RawClient.Frame(new InteropRequest { ResponseSize = 1000 }));

        Assert.Equal(StatusCode.ResourceExhausted, response.Status);
        Assert.Empty(response.Body);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Unary_CompressedRequest_IsRead(string encoding)
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync(
            "Unary", RawClient.Frame(Compress(s_request.ToByteArray(), encoding), flag: 1), ("grpc-encoding", encoding));

        Assert.Equal("hello", InteropResponse.Parser.ParseFrom(Assert.Single(response.Messages)).Payload.ToStringUtf8());
    }

    [Fact]
    public async Task Unary_CorruptOrTruncatedGzip_IsInternal()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);
        var good = Compress(new InteropRequest { Payload = ByteString.CopyFrom(new byte[1000]) }.ToByteArray(), "gzip");

        foreach (var bad in new[] { [1, 2, 3, 4, 5], good[..^12], [.. good[..12], 0xFF, 0xFF, 0xFF, .. good[15..]] })
        {
            var response = await client.CallAsync("Unary", RawClient.Frame(bad, flag: 1), ("grpc-encoding", "gzip"));
            Assert.Equal(StatusCode.Internal, response.Status);
        }
        Assert.Empty(server.ErrorLogs);
    }

    [Fact]
    public async Task Unary_DeflateThatWantsADictionary_IsInternal()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", RawClient.Frame([0x78, 0x20, 0, 0, 0, 1], flag: 1), ("grpc-encoding", "deflate"));

        Assert.Equal(StatusCode.Internal, response.Status);
    }

    [Fact]
    public async Task Unary_GzipBomb_IsStoppedAtTheLimit()
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);
        var bomb = Compress(new byte[64 * 1024 * 1024], "gzip");
        Assert.True(bomb.Length < 1024 * 1024);

        var response = await client.CallAsync("Unary", RawClient.Frame(bomb, flag: 1), ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.ResourceExhausted, response.Status);
    }

    [Theory]
    [InlineData(6)]
    // Found by mutation: what follows the flag is cut short, and the flag alone says what is wrong.
    [InlineData(2)]
    public async Task Unary_UnsupportedEncoding_IsUnimplementedAndNamesTheSupportedOnes(int length)
    {
        await using var server = await InteropServer.StartAsync();
        using var client = new RawClient(server.Address);

        var response = await client.CallAsync("Unary", RawClient.Frame([1], flag: 1)[..length], ("grpc-encoding", "snappy"));

        Assert.Equal(StatusCode.Unimplemented, response.Status);
        Assert.Equal("identity,gzip,deflate", response.Headers.GetValues("grpc-accept-encoding").Single());
        Assert.Contains("gzip", response.RawMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_ResponseCompression_OnlyIfTheClientAcceptsIt()
    {
        await using var server = await InteropServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        using var client = new RawClient(server.Address);
        var request = RawClient.Frame(new InteropRequest { ResponseSize = 10_000 });

        var compressed = await client.CallAsync("Unary", request, ("grpc-accept-encoding", "identity, gzip"));
        var plain = await client.CallAsync("Unary", request, ("grpc-accept-encoding", "identity,gzip2"));

        Assert.Equal("gzip", compressed.Headers.GetValues("grpc-encoding").Single());
        Assert.Equal(1, compressed.Body[0]);
        Assert.True(compressed.Body.Length < 1000);
        Assert.Equal(0, plain.Body[0]);
        Assert.False(plain.Headers.Contains("grpc-encoding"));
    }

    static byte[] Compress(byte[] data, string encoding)
    {
        using var target = new MemoryStream();
        using (Stream stream = encoding == "gzip"
            ? new GZipStream(target, CompressionLevel.Optimal)
            : new ZLibStream(target, CompressionLevel.Optimal))
        {
            stream.Write(data);
        }
        return target.ToArray();
    }
}
