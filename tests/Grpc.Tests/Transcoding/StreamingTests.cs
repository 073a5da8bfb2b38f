using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Grpc.Tests.Transcoding;

/// <summary>Streams and raw bytes, over HTTP.</summary>
public sealed class StreamingTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static async Task<StreamReader> ReadAsync(HttpResponseMessage response) => new(await response.Content.ReadAsStreamAsync(Token));

    static async Task<HttpResponseMessage> OpenAsync(LibraryHost host, string path, string? accept = null, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(host.Address, path))
        {
            Version = host.Client.DefaultRequestVersion,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("accept", accept);
        }
        return await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Watch_EachMessage_IsALineSentAtOnce(HttpProtocols protocol)
    {
        await using var host = await LibraryHost.StartAsync(json => { LibraryHost.Strict(json); json.JsonSettings.WriteIndented = true; }, protocol: protocol);
        using var response = await OpenAsync(host, "/v1/items:watch?after=3");
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.ToString());
        using var lines = await ReadAsync(response);
        for (var i = 0; i < 3; i++)
        {
            // The handler waits after each message: the line must have come without the next one.
            Assert.Equal($$"""{"id":"{{i}}\n"}""", await lines.ReadLineAsync(Token));
            host.Probe.Gate.Release();
        }
        Assert.Equal("", await lines.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task Watch_FailureAfterAMessage_IsAnErrorLine()
    {
        await using var host = await LibraryHost.StartAsync();
        host.Probe.Gate.Release(2);
        using var response = await OpenAsync(host, "/v1/items:watch?after=2&code=5&details=true");
        using var lines = await ReadAsync(response);
        var text = await lines.ReadToEndAsync(Token);

        Assert.StartsWith("{\"id\":\"0\\n\"}\n{\"id\":\"1\\n\"}\n{\"error\":{\"code\":5,\"message\":\"with details\",\"details\":[{\"@type\":", text, StringComparison.Ordinal);
        Assert.EndsWith("]}}\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/items:watch?code=5")]
    [InlineData("/v1/download?code=5")]
    public async Task Stream_FailureBeforeAMessage_IsAPlainError(string path)
    {
        await using var host = await LibraryHost.StartAsync();
        var answer = await host.SendAsync("GET", path);

        Assert.Equal((404, "application/json"), (answer.Status, answer.Type));
        Assert.StartsWith("{\"code\":5", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_Empty_IsOk()
    {
        await using var host = await LibraryHost.StartAsync();

        Assert.Equal((200, "", "application/x-ndjson"), await host.SendAsync("GET", "/v1/items:watch") is var lines ? (lines.Status, lines.Text, lines.Type) : default);
        Assert.Equal((200, ""), await host.SendAsync("GET", "/v1/download") is var bytes ? (bytes.Status, bytes.Text) : default);
    }

    [Fact]
    public async Task Watch_AcceptEvents_AreServerSentEvents()
    {
        await using var host = await LibraryHost.StartAsync();
        host.Probe.Gate.Release(2);
        using var response = await OpenAsync(host, "/v1/items:watch?after=2&code=5", "text/event-stream");
        using var lines = await ReadAsync(response);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(
            "data: {\"id\":\"0\\n\"}\n\ndata: {\"id\":\"1\\n\"}\n\nevent: error\ndata: {\"code\":5,\"message\":\"fehlt: \\\"é\\\" \\u2028\"}\n\n",
            await lines.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task Watch_SilentEvents_CommentsKeepTheLineAlive()
    {
        await using var host = await LibraryHost.StartAsync();
        using var response = await OpenAsync(host, "/v1/items:watch?after=2&code=5", "text/event-stream");
        using var lines = await ReadAsync(response);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("data: {\"id\":\"0\\n\"}", await lines.ReadLineAsync(Token));
        Assert.Equal("", await lines.ReadLineAsync(Token));
        for (var i = 0; i < 2; i++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(15));
            Assert.Equal(":", await lines.ReadLineAsync(Token));
            Assert.Equal("", await lines.ReadLineAsync(Token));
        }
        host.Probe.Gate.Release(2);
        var rest = await lines.ReadToEndAsync(Token);

        Assert.StartsWith("data: {\"id\":\"1\\n\"}\n\nevent: error\ndata: {\"code\":5,", rest, StringComparison.Ordinal);
        Assert.EndsWith("}\n\n", rest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/event-stream;q=0.1, application/x-ndjson", "application/x-ndjson")]
    [InlineData("*/*", "application/x-ndjson")]
    [InlineData("text/event-stream, */*", "text/event-stream")]
    [InlineData("text/event-stream;q=0", "application/x-ndjson")]
    [InlineData("TEXT/EVENT-STREAM;q=0.5, application/jsonl;q=0.6", "application/x-ndjson")]
    [InlineData("text/event-stream;q=0.6, application/ndjson;q=0.6", "text/event-stream")]
    public async Task Watch_Accept_Decides(string accept, string type)
    {
        await using var host = await LibraryHost.StartAsync();
        using var response = await OpenAsync(host, "/v1/items:watch", accept);

        Assert.Equal(type, response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Watch_ClientGoesAway_CancelsTheCall()
    {
        await using var host = await LibraryHost.StartAsync();
        using (var response = await OpenAsync(host, "/v1/items:watch?after=1"))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        var waiting = host.SendAsync("GET", "/v1/wait");
        await host.Probe.Received.WaitAsync(Token);
        host.Client.CancelPendingRequests();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(await host.Probe.Cancelled.Task);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Download_Chunks_AreExactlyTheBytes(HttpProtocols protocol)
    {
        await using var host = await LibraryHost.StartAsync(protocol: protocol);
        using var response = await OpenAsync(host, "/v1/download?after=3");

        Assert.Equal("video/x-test", response.Content.Headers.ContentType?.ToString());
        Assert.Equal([0, 10, 1, 10, 2, 10], await response.Content.ReadAsByteArrayAsync(Token));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Download_FailureInMidBody_ResetsTheConnection(HttpProtocols protocol)
    {
        await using var host = await LibraryHost.StartAsync(protocol: protocol);

        // Where the reset overtakes the headers, the request fails at once.
        var failure = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var response = await OpenAsync(host, "/v1/download?after=3&code=14");
            await response.Content.ReadAsByteArrayAsync(Token);
        });
        Assert.True(failure is HttpRequestException or IOException, failure.ToString());
    }

    [Fact]
    public async Task Download_HandlersOwnStatusAndHeaders_Stay()
    {
        await using var host = await LibraryHost.StartAsync();
        using var response = await OpenAsync(host, "/v1/download?after=3&code=206");

        Assert.Equal((HttpStatusCode.PartialContent, 6L, "\"x\""), (response.StatusCode, response.Content.Headers.ContentLength, response.Headers.ETag?.Tag));
        Assert.Equal(6, (await response.Content.ReadAsByteArrayAsync(Token)).Length);
    }

    [Fact]
    public async Task Upload_RawBody_IsBoundWithItsTypeAndThePath()
    {
        await using var host = await LibraryHost.StartAsync();
        var answer = await host.SendAsync("POST", "/v1/uploads/a/b%20c?note=n", "raw \0 bytes", "text/x-raw; charset=x");

        Assert.Equal(
            $$"""{"path":"a/b c","contentType":"text/x-raw; charset=x","size":"11","sha256":"{{Hash("raw \0 bytes")}}","note":"n"}""", answer.Text);
        Assert.Equal(400, (await host.SendAsync("POST", "/v1/uploads/a?file.data=x", "x", "text/plain")).Status);
    }

    [Fact]
    public async Task Upload_HttpBodyBothWays_ComesBack()
    {
        await using var host = await LibraryHost.StartAsync();
        var answer = await host.SendAsync("POST", "/v1/echo", "raw", "image/x-y");

        Assert.Equal((200, "raw", "image/x-y", "3"), (answer.Status, answer.Text, answer.Type, answer.Headers["content-length"]));
    }

    [Fact]
    public async Task Upload_Stream_IsCutButComplete()
    {
        await using var host = await LibraryHost.StartAsync();
        var text = new string('x', 1_000_000);
        var answer = await host.SendAsync("POST", "/v1/streams/p", text, "text/plain");

        Assert.Equal($$"""{"path":"p","contentType":"text/plain","size":"1000000","sha256":"{{Hash(text)}}"}""", answer.Text);
        Assert.Contains("\"path\":\"p\"", (await host.SendAsync("POST", "/v1/streams/p", "", "text/plain")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/streams/p", "text/plain", "x", "200")]
    [InlineData("/v1/streams/p", "text/plain", "", "200")]
    [InlineData("/v1/items:send", "application/x-ndjson", "", "200")]
    [InlineData("/v1/items", "application/json", "", "400")]
    public async Task Chunked_BodyReadToItsEnd_LeavesTheConnectionUsable(string path, string type, string body, string status)
    {
        await using var host = await LibraryHost.StartAsync();
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port, Token);
        await using var stream = socket.GetStream();
        var chunk = body.Length > 0 ? $"{body.Length:x}\r\n{body}\r\n" : "";
        for (var i = 0; i < 20; i++)
        {
            var close = i == 19 ? "Connection: close\r\n" : "";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\n{close}Content-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"), Token);
            await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), Token);
        }
        using var reader = new StreamReader(stream);
        var answers = await reader.ReadToEndAsync(Token);

        Assert.Equal(20, answers.Split($"HTTP/1.1 {status} ").Length - 1);
    }

    [Theory]
    [InlineData("{\"id\":\"a\"}\n{\"id\":\"b\"}\n", """{"items":[{"id":"a"},{"id":"b"}]}""")]
    [InlineData("\r\n \n{\"id\":\"a\"}\r\n\n{\"id\":\"b\"}", """{"items":[{"id":"a"},{"id":"b"}]}""")]
    [InlineData("", "{}")]
    public async Task Send_Lines_AreMessages(string body, string expected)
    {
        await using var host = await LibraryHost.StartAsync();
        var answer = await host.SendAsync("POST", "/v1/items:send", body, "application/x-ndjson");

        Assert.Equal((200, expected), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task Send_WrongLineOrType_IsRefused()
    {
        await using var host = await LibraryHost.StartAsync(grpc: grpc => grpc.MaxReceiveMessageSize = 100);
        var wrong = await host.SendAsync("POST", "/v1/items:send", "{\"id\":\"a\"}\n{\"id\":1}\n", "application/x-ndjson");
        Assert.Equal(400, wrong.Status);
        Assert.StartsWith("{\"code\":3,\"message\":\"message 2: id: must be a string (line 1, column 7)\"", wrong.Text, StringComparison.Ordinal);
        Assert.Contains("\"field\":\"id\"", wrong.Text, StringComparison.Ordinal);
        Assert.Equal(415, (await host.SendAsync("POST", "/v1/items:send", "{}", "text/plain")).Status);
        Assert.Equal(413, (await host.SendAsync("POST", "/v1/items:send", $"{{\"id\":\"{new string('x', 100)}\"}}\n", "application/x-ndjson")).Status);
        var many = string.Concat(Enumerable.Repeat("{\"id\":\"0123456789012345678901234567890123456789\"}\n", 100));
        Assert.Equal(200, (await host.SendAsync("POST", "/v1/items:send", many, "application/x-ndjson")).Status);
    }

    [Fact]
    public async Task Send_FirstLine_ReachesTheHandlerBeforeTheSecondIsSent()
    {
        await using var host = await LibraryHost.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port, Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync("POST /v1/items:send HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"u8.ToArray(), Token);
        await stream.WriteAsync("b\r\n{\"id\":\"a\"}\n\r\n"u8.ToArray(), Token);
        await host.Probe.Received.WaitAsync(Token);
        await stream.WriteAsync("a\r\n{\"id\":\"b\"}\r\n0\r\n\r\n"u8.ToArray(), Token);
        using var reader = new StreamReader(stream);

        Assert.EndsWith("""{"items":[{"id":"a"},{"id":"b"}]}""", await reader.ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Raw_BrokenEscapeInThePath_Is400()
    {
        await using var host = await LibraryHost.StartAsync();
        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", await RawAsync(host, "GET /v1/items/%zz HTTP/1.1"), StringComparison.Ordinal);
        Assert.Contains("{\"id\":\"y\"", await RawAsync(host, "GET /v1/x/%2e%2E/items/y HTTP/1.1"), StringComparison.Ordinal);
        Assert.Contains("{\"id\":\"a%2Fb\"", await RawAsync(host, "GET http://x/v1/items/a%252Fb?n=0 HTTP/1.1"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404 ", await RawAsync(host, "GET http://x HTTP/1.1"), StringComparison.Ordinal);
    }

    static async Task<string> RawAsync(LibraryHost host, string line)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port, Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\nHost: x\r\nConnection: close\r\n\r\n"), Token);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Token);
    }

    static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
