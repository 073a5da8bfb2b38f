using System.Net.Http.Headers;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Lines;
using P2P.Server.Sessions;
using P2P.Server.Tests.Calls;
using P2P.Server.Tests.Lines;
using P2P.Server.Tests.Relay;

namespace P2P.Server.Tests.Operating;

/// <summary>What passes through the directory under way ends with the session that asked for it, where that is ended on purpose.</summary>
public sealed class EndedTransferTests
{
    static readonly byte[] Data = SourceDouble.Bytes(16 * 1024 * 1024);
    static readonly ContentId Content = SourceDouble.ContentOf(Data);

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("logout", "LOGGED_OUT")]
    [InlineData("disable", "SESSION_UNKNOWN")]
    [InlineData("evict", "SESSION_UNKNOWN")]
    [InlineData("ban", "SESSION_UNKNOWN")]
    public async Task Descargar_CallersSessionIsEnded_StopsOverBothProtocols(string act, string reason)
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members, allowDeclared: true);
        await using var source = await SourceDouble.StartAsync(Data);
        using var key = new TestKey();
        var boss = await StaffAsync(directory);
        await ShareAsync(directory, source);
        var token = (await key.LoginAsync(directory, "bob", 5002)).Token;
        using var call = directory.Client.Descargar(new DescargarRequest { Archivo = "a.bin" }, TestDirectory.With(token));
        Assert.True(await call.ResponseStream.MoveNext(None));
        using var answer = await GetAsync(directory, token);
        using var body = await answer.Content.ReadAsStreamAsync(None);
        await body.ReadExactlyAsync(new byte[1], None);

        await EndAsync(directory, act, token, key, boss);

        var (count, failure) = await ReadAsync(call);
        Assert.Equal((StatusCode.Unauthenticated, reason), (failure?.StatusCode, failure is null ? "" : TestDirectory.Failure(failure).Reason));
        Assert.InRange(count, 0, Data.Length - 1);
        // The length was told, so that whoever reads knows that this was not all.
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null, None));
    }

    [Fact]
    public async Task Descargar_CallersLeaseRunsOut_GoesOnToItsEnd()
    {
        await using var directory = await TestDirectory.StartAsync();
        await using var source = await SourceDouble.StartAsync(Data);
        using var key = new TestKey();
        await ShareAsync(directory, source);
        var token = (await key.LoginAsync(directory, "bob")).Token;
        using var call = directory.Client.Descargar(new DescargarRequest { Archivo = "a.bin" }, TestDirectory.With(token));
        Assert.True(await call.ResponseStream.MoveNext(None));
        var first = call.ResponseStream.Current.Data.Length;

        var sessions = directory.Service<SessionTable>();
        sessions.End(sessions.Find(Tokens.Hash(token)).Session!, ErrorReason.SessionUnknown, TimeProvider.System.GetUtcNow());

        Assert.Equal((Data.Length - first, null), await ReadAsync(call));
    }

    [Theory]
    [InlineData("logout", "LOGGED_OUT")]
    [InlineData("disable", "SESSION_UNKNOWN")]
    [InlineData("evict", "SESSION_UNKNOWN")]
    [InlineData("ban", "SESSION_UNKNOWN")]
    public async Task Relay_SessionOfEitherEndIsEnded_IsOverForBoth(string act, string reason)
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = await StaffAsync(directory);
        foreach (var endsOpener in (bool[])[true, false])
        {
            using var key = new TestKey();
            using var other = new TestKey();
            await directory.Operator.UpdateAccountAsync(new() { User = "bob", Disabled = false }, boss);
            var (login, otherLogin) = (await key.LoginAsync(directory, "bob", 5002), await other.LoginAsync(directory, "ana", 5001));
            var (caller, peer) = endsOpener ? (login, otherLogin) : (otherLogin, login);
            using var line = await TestLine.OpenAsync(directory, peer.Token);
            using var opener = await TestEnd.OpenAsync(directory, caller.Token, new RelayOpen { PeerId = peer.PeerId });
            var id = (await line.ReadAsync()).Relay.Id;
            await line.AnswerAsync(id, ok: true);
            using var invited = await TestEnd.OpenAsync(directory, peer.Token, new RelayOpen { Id = id });
            Assert.NotNull((await opener.ReadAsync()).Met);
            Assert.NotNull((await invited.ReadAsync()).Met);

            await EndAsync(directory, act, login.Token, key, boss);

            Assert.Equal((StatusCode.Unauthenticated, reason), await (endsOpener ? opener : invited).FailsAsync());
            if (endsOpener)
            {
                await invited.EndsAsync();
            }
            else
            {
                Assert.Equal((StatusCode.Unavailable, ""), await opener.FailsAsync());
            }

            Assert.Equal(0, directory.Service<MeetingPlace>().Count);
        }
    }

    /// <summary>An operator's token; and accounts of ana and bob.</summary>
    static async Task<CallOptions> StaffAsync(TestDirectory directory)
    {
        var boss = TestDirectory.With((await directory.Client.LoginAsync(
            new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = directory.OperatorCode }, TestDirectory.Anonymous)).Token);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        await directory.Operator.CreateAccountAsync(new() { User = "bob", Password = "per12345" }, boss);
        return boss;
    }

    static async Task EndAsync(TestDirectory directory, string act, string token, TestKey key, CallOptions boss) => await (act switch
    {
        "logout" => directory.Client.LogoutAsync(new(), TestDirectory.With(token)).ResponseAsync,
        "disable" => directory.Operator.UpdateAccountAsync(new() { User = "bob", Disabled = true }, boss).ResponseAsync,
        "evict" => directory.Operator.EvictPeerAsync(new() { PeerId = key.Print }, boss).ResponseAsync,
        _ => (Task)directory.Operator.BanPeerAsync(new() { PeerId = key.Print }, boss).ResponseAsync,
    });

    static async Task ShareAsync(TestDirectory directory, SourceDouble source) => await directory.Client.LoginAsync(
        new LoginRequest
        {
            User = "ana",
            Password = "per12345",
            Ip = "127.0.0.1",
            Port = source.Port,
            Files = { new FileEntry { Path = "label/a.bin", Size = Content.Length, Root = Content.Root.ToString() } },
        },
        TestDirectory.Anonymous);

    static async Task<HttpResponseMessage> GetAsync(TestDirectory directory, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/files/{Content.Root}?length={Content.Length}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await directory.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, None);
    }

    /// <summary>How many bytes came yet, and how it failed.</summary>
    static async Task<(long Count, RpcException? Failure)> ReadAsync(AsyncServerStreamingCall<Google.Api.HttpBody> call)
    {
        var count = 0L;
        try
        {
            while (await call.ResponseStream.MoveNext(None))
            {
                count += call.ResponseStream.Current.Data.Length;
            }

            return (count, null);
        }
        catch (RpcException failure)
        {
            return (count, failure);
        }
    }
}
