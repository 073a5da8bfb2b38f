using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Api;
using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Tests.Serving;

/// <summary>Read: the bytes of Download by plain HTTP.</summary>
public sealed class ReadTests : IAsyncDisposable
{
    static readonly byte[] Content = DaemonFixture.Bytes(1_000_001, 1);
    static readonly string Root = DaemonFixture.ContentOf(Content).Root.ToString();

    readonly DaemonFixture _peer = new();
    readonly HttpClient _http = new();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _peer.DisposeAsync();
    }

    [Fact]
    public async Task Read_ByGet_GivesTheFileWithItsLengthAndTag()
    {
        await StartAsync();

        using var response = await GetAsync($"/v1/catalog/contents/{Root}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Content, await response.Content.ReadAsByteArrayAsync(DaemonFixture.Cancellation));
        Assert.Equal((Content.Length, "application/octet-stream"), ((int)response.Content.Headers.ContentLength!, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal($"\"{Root}-{Content.Length}\"", response.Headers.ETag?.Tag);
        Assert.Null(response.Headers.TransferEncodingChunked);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1_000_001, 0)]
    [InlineData(16_000, 600_000)]
    [InlineData(999_999, 2)]
    public async Task Read_ARange_GivesThatRange(int offset, int count)
    {
        await StartAsync();

        using var response = await _http.PostAsJsonAsync(
            $"{_peer.Daemon.Url}/v1/catalog:read",
            new { root = Root, length = $"{Content.Length}", offset = $"{offset}", count = $"{count}" }, DaemonFixture.Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(count, response.Content.Headers.ContentLength);
        Assert.Equal(Content[offset..(offset + count)], await response.Content.ReadAsByteArrayAsync(DaemonFixture.Cancellation));
    }

    [Theory]
    [InlineData("offset=1000002", HttpStatusCode.BadRequest, 11, null)]
    [InlineData("offset=1&count=1000001", HttpStatusCode.BadRequest, 11, null)]
    [InlineData("length=5", HttpStatusCode.NotFound, 5, "NO_SUCH_CONTENT")]
    [InlineData("offset=-1", HttpStatusCode.BadRequest, 3, null)]
    public async Task Read_WhatIsNotThere_SaysWhy(string query, HttpStatusCode status, int code, string? reason)
    {
        await StartAsync();

        using var response = await GetAsync($"/v1/catalog/contents/{Root}?{query}");

        Assert.Equal(status, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(DaemonFixture.Cancellation);
        Assert.Equal(code, answer.GetProperty("code").GetInt32());
        Assert.Null(response.Headers.ETag);
        if (reason is not null)
        {
            Assert.Equal(reason, answer.GetProperty("details")[0].GetProperty("reason").GetString());
        }
    }

    [Fact]
    public async Task Read_FileChanged_SaysSoBeforeTheFirstByte()
    {
        var path = _peer.Write("a", Content);
        await _peer.StartAsync(options => options with { Sharing = options.Sharing with { QuietTime = TimeSpan.FromSeconds(30) } });
        await File.AppendAllTextAsync(path, "more", DaemonFixture.Cancellation);

        using var response = await GetAsync($"/v1/catalog/contents/{Root}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(DaemonFixture.Cancellation);
        Assert.Equal("CHANGED", answer.GetProperty("details")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Read_NoSlotFree_SaysWhenToComeBackAndTakesThePlaceInTheQueue()
    {
        _peer.Write("large", DaemonFixture.Bytes(64 * 1024 * 1024, 2));
        await StartAsync(slots: 1);
        using var first = _peer.Client.Download(
            new DownloadRequest { Ranges = { new DownloadRange { Path = "large" } } }, cancellationToken: DaemonFixture.Cancellation);
        Assert.True(await first.ResponseStream.MoveNext(DaemonFixture.Cancellation));

        using var response = await GetAsync($"/v1/catalog/contents/{Root}");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(DaemonFixture.Cancellation);
        Assert.Equal("1", answer.GetProperty("details")[0].GetProperty("metadata").GetProperty("queue_position").GetString());
    }

    [Fact]
    public async Task Read_NobodyReadsOn_GivesItsSlotBackWhenTheConnectionEnds()
    {
        _peer.Write("large", DaemonFixture.Bytes(64 * 1024 * 1024, 2));
        await StartAsync(slots: 1);
        var large = DaemonFixture.ContentOf(DaemonFixture.Bytes(64 * 1024 * 1024, 2));
        var response = await _http.GetAsync(
            new Uri($"{_peer.Daemon.Url}/v1/catalog/contents/{large.Root}"), HttpCompletionOption.ResponseHeadersRead, DaemonFixture.Cancellation);
        Assert.Equal(0, _peer.Daemon.Slots.Free);

        response.Dispose();

        await Wait.UntilAsync(() => _peer.Daemon.Slots.Free == 1);
    }

    [Fact]
    public async Task Read_ByGrpc_StreamsTheSameBytes()
    {
        await StartAsync();

        using var call = _peer.Client.Read(new ReadRequest { Root = Root, Offset = 1 }, cancellationToken: DaemonFixture.Cancellation);
        var parts = new List<HttpBody>();
        await foreach (var part in call.ResponseStream.ReadAllAsync(DaemonFixture.Cancellation))
        {
            parts.Add(part);
        }

        Assert.Equal(Content[1..], parts.SelectMany(part => part.Data));
        Assert.Equal(4, parts.Count);
    }

    async Task StartAsync(int slots = 32)
    {
        _peer.Write("a", Content);
        await _peer.StartAsync(options => options with { Serving = options.Serving with { UploadSlots = slots } });
    }

    Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(new Uri(_peer.Daemon.Url + path), DaemonFixture.Cancellation);
}
