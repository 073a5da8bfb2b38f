using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Api;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Relay;

public sealed class DescargarTests
{
    static readonly byte[] Data = SourceDouble.Bytes(1_000_003);
    static readonly ContentId Content = SourceDouble.ContentOf(Data);

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_ByNameAndAddress_GivesTheBytesAndTheirHeaders()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var source = await SourceDouble.StartAsync(Data);
        await ShareAsync(directory, source, "Músic a.mp3");
        using var answer = await PostAsync(directory, $$"""{"archivo":"Músic a.mp3","ip":"127.0.0.1","url":"http://localhost:{{source.Port}}"}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Data, await answer.Content.ReadAsByteArrayAsync(None));
        Assert.Equal(Data.Length, answer.Content.Headers.ContentLength);
        Assert.Equal("audio/mpeg", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("Músic a.mp3", answer.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.Equal($"\"{Content}\"", answer.Headers.ETag!.Tag);
        Assert.Equal("true", answer.Headers.GetValues("x-p2p-verified").Single());
        Assert.Contains("bytes", answer.Headers.AcceptRanges);
    }

    [Fact]
    public async Task Get_ByRoot_HonoursRangeAndConditionsAndHead()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var source = await SourceDouble.StartAsync(Data);
        await ShareAsync(directory, source, "a.bin");
        using var part = await GetAsync(directory, request => request.Headers.Range = new RangeHeaderValue(20_000, 50_000));
        Assert.Equal((HttpStatusCode.PartialContent, $"bytes 20000-50000/{Data.Length}"), (part.StatusCode, part.Content.Headers.ContentRange!.ToString()));
        Assert.Equal(Data[20_000..50_001], await part.Content.ReadAsByteArrayAsync(None));

        using var tail = await GetAsync(directory, request => request.Headers.Range = new RangeHeaderValue(null, 7));
        Assert.Equal(Data[^7..], await tail.Content.ReadAsByteArrayAsync(None));
        using var behind = await GetAsync(directory, request => request.Headers.Range = new RangeHeaderValue(2_000_000, null));
        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, $"bytes */{Data.Length}"), (behind.StatusCode, behind.Content.Headers.ContentRange!.ToString()));
        using var known = await GetAsync(directory, request => request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{Content}\"")));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        using var head = await GetAsync(directory, request => request.Method = HttpMethod.Head);
        Assert.Equal((HttpStatusCode.OK, Data.Length), (head.StatusCode, head.Content.Headers.ContentLength));
    }

    [Theory]
    [InlineData("Range: bytes=0-9,20-29", 200)]
    [InlineData("Range: lines=0-9", 200)]
    [InlineData("Range: bytes=9-0", 200)]
    [InlineData("Range: bytes=0-9|If-Range: \"TAG\"", 206)]
    [InlineData("Range: bytes=0-9|If-Range: W/\"TAG\"", 200)]
    [InlineData("Range: bytes=0-9|If-Range: \"other\"", 200)]
    [InlineData("Range: bytes=0-9|If-Range: Sat, 01 Jan 2000 00:00:00 GMT", 200)]
    [InlineData("If-None-Match: *", 304)]
    [InlineData("If-None-Match: W/\"TAG\"", 304)]
    [InlineData("If-None-Match: \"other\"", 200)]
    [InlineData("If-Match: \"TAG\"", 200)]
    [InlineData("If-Match: *", 200)]
    [InlineData("If-Match: \"other\"", 412)]
    [InlineData("If-Match: W/\"TAG\"", 412)]
    [InlineData("If-Match: \"other\"|If-None-Match: *", 412)]
    public async Task Get_ConditionsAndRanges_AreOfRfc9110(string headers, int status)
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var source = await SourceDouble.StartAsync(Data);
        await ShareAsync(directory, source, "a.bin");
        using var answer = await GetAsync(directory, request =>
        {
            foreach (var header in headers.Replace("TAG", Content.ToString(), StringComparison.Ordinal).Split('|'))
            {
                var parts = header.Split(": ", 2);
                Assert.True(request.Headers.TryAddWithoutValidation(parts[0], parts[1]));
            }
        });
        var bytes = await answer.Content.ReadAsByteArrayAsync(None);
        Assert.Equal((status, status switch { 200 => Data.Length, 206 => 10, _ => 0 }), ((int)answer.StatusCode, bytes.Length));
    }

    [Fact]
    public async Task Head_WithARange_IsOfTheWhole()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var source = await SourceDouble.StartAsync(Data);
        await ShareAsync(directory, source, "a.bin");
        using var head = await GetAsync(directory, request =>
        {
            request.Method = HttpMethod.Head;
            request.Headers.Range = new RangeHeaderValue(0, 9);
        });
        Assert.Equal((HttpStatusCode.OK, Data.Length), (head.StatusCode, head.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Get_NobodyReads_GivesTheSlotBack()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => (options.Relay.PerAddress, options.Relay.UnreadSeconds) = (1, 1));
        var data = SourceDouble.Bytes(16 << 20);
        var content = SourceDouble.ContentOf(data);
        await using var source = await SourceDouble.StartAsync(data);
        await ShareAsync(directory, source, "small.bin", new FileEntry { Path = "label/big.bin", Size = content.Length, Root = content.Root.ToString() });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/files/{content.Root}?length={content.Length}");
        using var unread = await directory.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, None);
        Assert.Equal((StatusCode.ResourceExhausted, "RELAY_BUSY"), await RefusalAsync(directory, new() { Root = Content.Root.ToString() }));
        await Wait.UntilAsync(() => directory.Service<Server.Relay.ContentRelay>().Running == 0);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => unread.Content.ReadAsByteArrayAsync(None));
    }

    [Fact]
    public async Task Grpc_OffsetAndCount_GivesThatPart()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var source = await SourceDouble.StartAsync(Data);
        await ShareAsync(directory, source, "a.bin");
        using var call = directory.Client.Descargar(
            new DescargarRequest { Archivo = "a.bin", Offset = 999_000, Count = 5_000 }, TestDirectory.Anonymous);
        var bytes = new List<byte>();
        await foreach (HttpBody body in call.ResponseStream.ReadAllAsync(None))
        {
            bytes.AddRange(body.Data);
        }

        Assert.Equal(Data[999_000..], bytes);
    }

    [Fact]
    public async Task Get_SourceBreaksOff_GoesOnWithTheNext()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var broken = await SourceDouble.StartAsync(Data, breaksAt: 400_000);
        await using var whole = await SourceDouble.StartAsync(Data);
        await ShareAsync(directory, broken, "a.bin", slots: 9);
        await ShareAsync(directory, whole, "a.bin", slots: 1);
        using var answer = await GetAsync(directory, _ => { });
        Assert.Equal(Data, await answer.Content.ReadAsByteArrayAsync(None));
    }

    [Fact]
    public async Task Get_OnlySourceFlipsABit_NamesItOrResets()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var early = await SourceDouble.StartAsync(Data, flipsAt: 5);
        var peer = await ShareAsync(directory, early, "a.bin");
        using var refused = await GetAsync(directory, _ => { });
        var text = await refused.Content.ReadAsStringAsync(None);
        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Contains("WRONG_BYTES", text, StringComparison.Ordinal);
        Assert.Contains(peer, text, StringComparison.Ordinal);

        await directory.Client.LogoutAsync(
            new LogoutRequest { Ip = "127.0.0.1", Url = $"http://localhost:{early.Port}" }, cancellationToken: None);
        await using var late = await SourceDouble.StartAsync(Data, flipsAt: 900_000);
        await ShareAsync(directory, late, "a.bin");
        using var cut = await GetAsync(directory, _ => { });
        Assert.Equal(HttpStatusCode.OK, cut.StatusCode);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => cut.Content.ReadAsByteArrayAsync(None));
    }

    [Fact]
    public async Task Post_NameWithoutARoot_AsksTheSourceAndSaysSo()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var source = await SourceDouble.StartAsync(Data);
        await directory.LoginAsync("peer1", source.Port, "file1.txt");
        using var answer = await PostAsync(directory, """{"archivo":"file1.txt"}""");
        Assert.Equal(Data, await answer.Content.ReadAsByteArrayAsync(None));
        Assert.Equal("false", answer.Headers.GetValues("x-p2p-verified").Single());
    }

    [Fact]
    public async Task Post_WhatNobodyOrSeveralHave_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var source = await SourceDouble.StartAsync(Data);
        var other = new FileEntry { Path = "b/a.bin", Size = 5, Root = new string('1', 64) };
        await ShareAsync(directory, source, "a.bin", other);
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_CONTENT"), await RefusalAsync(directory, new() { Archivo = "none" }));
        Assert.Equal((StatusCode.FailedPrecondition, "AMBIGUOUS_NAME"), await RefusalAsync(directory, new() { Archivo = "a.bin" }));
        Assert.Equal((StatusCode.Unavailable, "NO_LIVE_SOURCE"), await RefusalAsync(directory, new() { Root = other.Root }, kill: source));
    }

    [Fact]
    public async Task Run_MoreThanTheDirectoryRelays_IsToldToComeBack()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Relay.AtOnce = 0);
        Assert.Equal((StatusCode.ResourceExhausted, "RELAY_BUSY"), await RefusalAsync(directory, new() { Archivo = "a" }));
    }

    static async Task<(StatusCode Code, string Reason)> RefusalAsync(TestDirectory directory, DescargarRequest request, SourceDouble? kill = null)
    {
        await (kill?.DisposeAsync() ?? default);
        using var call = directory.Client.Descargar(request, TestDirectory.Anonymous);
        var (code, reason, _) = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(None)));
        return (code, reason);
    }

    static async Task<string> ShareAsync(TestDirectory directory, SourceDouble source, string name, FileEntry? other = null, int slots = 0)
    {
        var request = new LoginRequest
        {
            User = $"user{source.Port}",
            Password = "per1234",
            Ip = "127.0.0.1",
            Url = $"http://localhost:{source.Port}",
            Files = { new FileEntry { Path = "label/" + name, Size = Content.Length, Root = Content.Root.ToString() } },
        };
        request.Files.Add(other is null ? [] : [other]);
        var login = await directory.Client.LoginAsync(request, cancellationToken: None);
        await directory.Client.HeartbeatAsync(new() { UploadSlotsFree = slots }, TestDirectory.With(login.Token));
        return login.PeerId;
    }

    static async Task<HttpResponseMessage> GetAsync(TestDirectory directory, Action<HttpRequestMessage> change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/files/{Content.Root}?length={Content.Length}");
        change(request);
        return await directory.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, None);
    }

    static async Task<HttpResponseMessage> PostAsync(TestDirectory directory, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await directory.Http.PostAsync(new Uri("/descargar", UriKind.Relative), content, None);
    }
}
