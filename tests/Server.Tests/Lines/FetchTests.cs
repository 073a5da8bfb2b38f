using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Lines;

public sealed class FetchTests
{
    static readonly string Root = new('1', 64);

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_ByJson_StreamsProgressUntilDone()
    {
        await using var directory = await TestDirectory.StartAsync();
        var (peer, reader) = await LoginAsync(directory);
        using var line = await TestLine.OpenAsync(directory, peer.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/fetch")
        {
            Content = new StringContent($$"""{"peerId":"{{peer.PeerId}}","root":"{{Root}}","path":"a/b"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", reader.Token);
        var sent = directory.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, None);
        var command = (await line.ReadAsync()).Fetch;
        Assert.Equal((Root, 20_000, "a/b"), (command.Request.Root, command.Request.Length, command.Request.Path));

        await line.TellAsync(command.Id, TransferState.Running, 7);
        using var answer = await sent;
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(None));
        Assert.Contains("\"bytesDone\":\"7\"", await lines.ReadLineAsync(None), StringComparison.Ordinal);
        await line.TellAsync(command.Id, TransferState.Done, 20_000);
        Assert.Contains("TRANSFER_STATE_DONE", await lines.ReadLineAsync(None), StringComparison.Ordinal);
        Assert.Null(await lines.ReadLineAsync(None));
        Assert.Equal((HttpStatusCode.OK, "application/x-ndjson"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Fetch_WhatCannotBe_IsRefusedWithItsReason()
    {
        await using var directory = await TestDirectory.StartAsync();
        var (peer, reader) = await LoginAsync(directory);
        var other = await directory.LoginAsync("bea", 5002);
        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_REQUIRED"), await RefusalAsync(directory, "", peer.PeerId));
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_PEER"), await RefusalAsync(directory, reader.Token, "nobody"));
        Assert.Equal((StatusCode.PermissionDenied, "NOT_YOURS"), await RefusalAsync(directory, reader.Token, other.PeerId));
        Assert.Equal((StatusCode.Unavailable, "NO_CONTROL_LINE"), await RefusalAsync(directory, reader.Token, peer.PeerId));

        using (await TestLine.OpenAsync(directory, peer.Token, acceptsFetch: false))
        {
            Assert.Equal((StatusCode.FailedPrecondition, "FETCH_OFF"), await RefusalAsync(directory, reader.Token, peer.PeerId));
        }

        using var line = await TestLine.OpenAsync(directory, peer.Token);
        Assert.Equal((StatusCode.NotFound, "NO_SUCH_CONTENT"), await RefusalAsync(directory, reader.Token, peer.PeerId, new string('2', 64)));
    }

    [Fact]
    public async Task Fetch_MoreThanThePeerTakes_IsRefused()
    {
        await using var directory = await TestDirectory.StartAsync(configure: options => options.Lines.FetchesPerPeer = 1);
        var (peer, reader) = await LoginAsync(directory);
        using var line = await TestLine.OpenAsync(directory, peer.Token);
        using var first = directory.Client.Fetch(Request(peer), TestDirectory.With(reader.Token));
        var command = (await line.ReadAsync()).Fetch;
        Assert.Equal((StatusCode.ResourceExhausted, "QUOTA"), await RefusalAsync(directory, reader.Token, peer.PeerId));

        await line.TellAsync(command.Id, TransferState.Failed, reason: "No.");
        Assert.True(await first.ResponseStream.MoveNext(None));
        Assert.False(await first.ResponseStream.MoveNext(None));
        using var second = directory.Client.Fetch(Request(peer), TestDirectory.With(reader.Token));
        Assert.NotNull((await line.ReadAsync()).Fetch);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetch_CallerGoesAway_IsCancelledUnlessDetached(bool detach)
    {
        await using var directory = await TestDirectory.StartAsync();
        var (peer, reader) = await LoginAsync(directory);
        using var line = await TestLine.OpenAsync(directory, peer.Token);
        var request = Request(peer);
        request.Detach = detach;
        string id;
        using (directory.Client.Fetch(request, TestDirectory.With(reader.Token)))
        {
            id = (await line.ReadAsync()).Fetch.Id;
        }

        // A second one, to see what comes before it.
        using var next = directory.Client.Fetch(Request(peer), TestDirectory.With(reader.Token));
        var first = await line.ReadAsync();
        var second = detach ? first : await line.ReadAsync();
        Assert.Contains(new[] { first, second }, command => command.Fetch is not null);
        Assert.Equal(!detach, new[] { first, second }.Any(command => command.Cancel?.Id == id));
    }

    [Fact]
    public async Task Fetch_LineBreaks_TellsTheCaller()
    {
        await using var directory = await TestDirectory.StartAsync();
        var (peer, reader) = await LoginAsync(directory);
        var line = await TestLine.OpenAsync(directory, peer.Token);
        using var fetch = directory.Client.Fetch(Request(peer), TestDirectory.With(reader.Token));
        await line.ReadAsync();
        line.Dispose();
        var (code, reason, _) = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => fetch.ResponseStream.MoveNext(None)));
        Assert.Equal((StatusCode.Unavailable, "NO_CONTROL_LINE"), (code, reason));
    }

    static FetchRequest Request(LoginResponse peer) => new() { PeerId = peer.PeerId, Root = Root };

    static async Task<(LoginResponse Peer, LoginResponse Reader)> LoginAsync(TestDirectory directory)
    {
        var login = new LoginRequest
        {
            User = "ana",
            Password = "per1234",
            Ip = "127.0.0.1",
            Url = "http://localhost:5001",
            Files = { new FileEntry { Path = "label/file", Size = 20_000, Root = Root } },
        };
        var peer = await directory.Client.LoginAsync(login, cancellationToken: None);
        var reader = await directory.Client.LoginAsync(
            new LoginRequest { User = "ana", Password = "per1234", Reader = true }, cancellationToken: None);
        return (peer, reader);
    }

    static async Task<(StatusCode Code, string Reason)> RefusalAsync(TestDirectory directory, string token, string peerId, string? root = null)
    {
        using var call = directory.Client.Fetch(
            new FetchRequest { PeerId = peerId, Root = root ?? Root }, token.Length > 0 ? TestDirectory.With(token) : TestDirectory.Anonymous);
        var (code, reason, _) = TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(None)));
        return (code, reason);
    }
}
