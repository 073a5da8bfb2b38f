using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Grpc.Tests.Transcoding;

/// <summary>Bodies that never become whole, over a raw connection.</summary>
public sealed class BrokenBodiesTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/items", "application/json", "zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("/v1/items:send", "application/x-ndjson", "3\r\n{}\n\r\n-1\r\n")]
    [InlineData("/v1/streams/p", "text/plain", "2\r\nab\r\nx\r\n")]
    public async Task Send_BrokenChunks_Is400(string path, string type, string chunks)
    {
        await using var host = await LibraryHost.StartAsync();
        var answer = await SendAsync(host, path, $"Content-Type: {type}\r\nTransfer-Encoding: chunked", chunks);

        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\n\r\n{\"code\":3,\"message\":\"The request body could not be read", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_BodyThatNeverComes_Is408()
    {
        await using var host = await LibraryHost.StartAsync(limits: limits => limits.MinRequestBodyDataRate = new MinDataRate(1e6, TimeSpan.FromSeconds(1.1)));
        var answer = await SendAsync(host, "/v1/items", "Content-Type: application/json\r\nContent-Length: 10", "{");

        Assert.StartsWith("HTTP/1.1 408 Request Timeout\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\n\r\n{\"code\":14,", answer, StringComparison.Ordinal);
    }

    static async Task<string> SendAsync(LibraryHost host, string path, string headers, string body)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port, Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}"), Token);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Token);
    }
}
