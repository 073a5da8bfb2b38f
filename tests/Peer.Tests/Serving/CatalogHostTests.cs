using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace P2P.Peers.Tests.Serving;

public sealed class CatalogHostTests : IAsyncDisposable
{
    readonly DaemonFixture _peer = new();
    readonly HttpClient _http = new();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _peer.DisposeAsync();
    }

    [Fact]
    public async Task Search_AsJson_AnswersTheSame()
    {
        _peer.Write("Ñandú.txt", [1, 2, 3]);
        await _peer.StartAsync();

        var answer = await _http.GetFromJsonAsync<JsonElement>($"{_peer.Daemon.Url}/v1/catalog/files?archivo=nandu", DaemonFixture.Cancellation);

        var file = Assert.Single(answer.GetProperty("files").EnumerateArray());
        Assert.Equal(("share/Ñandú.txt", "3"), (file.GetProperty("path").GetString(), file.GetProperty("length").GetString()));
    }

    [Fact]
    public async Task Download_AsJson_IsALineAMessage()
    {
        _peer.Write("a", DaemonFixture.Bytes(5_000, 1));
        await _peer.StartAsync();
        var request = new { ranges = new[] { new { path = "a" } }, chunkLength = 4_000 };

        using var response = await _http.PostAsJsonAsync($"{_peer.Daemon.Url}/v1/catalog:download", request, DaemonFixture.Cancellation);
        var lines = (await response.Content.ReadAsStringAsync(DaemonFixture.Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        var bytes = lines.SelectMany(line => JsonDocument.Parse(line).RootElement.GetProperty("data").GetBytesFromBase64());
        Assert.Equal(DaemonFixture.Bytes(5_000, 1), bytes);
    }

    [Fact]
    public async Task OpenApi_Document_DescribesTheService()
    {
        await _peer.StartAsync();

        var document = await _http.GetFromJsonAsync<JsonElement>($"{_peer.Daemon.Url}/openapi/v1.json", DaemonFixture.Cancellation);

        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/catalog:describe", out _));
    }

    [Theory]
    [InlineData("rebound.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    public async Task Request_ForAnotherHost_IsRefused(string host, HttpStatusCode expected)
    {
        await _peer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{_peer.Daemon.Url}/v1/catalog/files?archivo=x") { Headers = { Host = host } };

        using var response = await _http.SendAsync(request, DaemonFixture.Cancellation);

        Assert.Equal(expected, response.StatusCode);
    }
}
