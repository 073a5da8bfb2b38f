using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Tests.Calls;
using P2P.Server.Tests.Lines;

namespace P2P.Server.Tests.Operating;

/// <summary>An account that is disabled, and a peer that is sent away, have no stream any more: none waits for a next message to notice.</summary>
public sealed class EndedStreamTests
{
    static CancellationToken None => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("disable")]
    [InlineData("reset")]
    [InlineData("reader")]
    [InlineData("evict")]
    [InlineData("ban")]
    public async Task Operator_Act_EndsControlWatchPublishAndFetchAtOnce(string act)
    {
        await using var directory = await TestDirectory.StartAsync(AccessMode.Members);
        var boss = TestDirectory.With((await directory.Client.LoginAsync(
            new LoginRequest { User = "boss", Password = "per12345", Reader = true, Invitation = directory.OperatorCode }, TestDirectory.Anonymous)).Token);
        await directory.Operator.CreateAccountAsync(new() { User = "ana", Password = "per12345" }, boss);
        using var key = new TestKey();
        using var other = new TestKey();
        var root = string.Concat(Enumerable.Repeat("ab", 32));
        var token = (await key.LoginAsync(directory, "ana", 5001, new FileEntry { Path = "x/a", Root = root, Size = 5 })).Token;
        // The fetch is the account's other peer's, whose line goes on: it ends because the caller may not any more.
        var fetching = await other.LoginAsync(directory, "ana", 5002);
        using var line = await TestLine.OpenAsync(directory, token);
        using var otherLine = await TestLine.OpenAsync(directory, fetching.Token);
        using var watch = directory.Client.Watch(new WatchRequest(), TestDirectory.With(token));
        Assert.True(await watch.ResponseStream.MoveNext(None));
        using var publish = directory.Client.Publish(TestDirectory.With(token));
        await publish.RequestStream.WriteAsync(new PublishRequest { Sequence = 1, Upserts = { new FileEntry { Path = "x/b" } } }, None);
        using var fetch = directory.Client.Fetch(new FetchRequest { PeerId = fetching.PeerId, Root = root }, TestDirectory.With(token));
        Assert.NotNull((await otherLine.ReadAsync()).Fetch);

        await (act switch
        {
            "disable" => directory.Operator.UpdateAccountAsync(new() { User = "ana", Disabled = true }, boss).ResponseAsync,
            "reset" => directory.Operator.ResetPasswordAsync(new() { User = "ana" }, boss).ResponseAsync,
            "reader" => directory.Operator.UpdateAccountAsync(new() { User = "ana", Role = Role.Reader }, boss).ResponseAsync,
            "evict" => directory.Operator.EvictPeerAsync(new() { PeerId = key.Print }, boss).ResponseAsync,
            _ => (Task)directory.Operator.BanPeerAsync(new() { PeerId = key.Print }, boss).ResponseAsync,
        });

        Assert.Equal((StatusCode.Unauthenticated, "SESSION_UNKNOWN"), await line.EndAsync());
        Assert.Equal("SESSION_UNKNOWN", await ReasonAsync(() => EndAsync(watch.ResponseStream)));
        Assert.Equal("SESSION_UNKNOWN", await ReasonAsync(() => publish.ResponseAsync));
        Assert.Contains(await ReasonAsync(() => EndAsync(fetch.ResponseStream)), (string[])["SESSION_UNKNOWN", "NO_CONTROL_LINE"]);
        Assert.DoesNotContain((await directory.Client.IndexAsync(new(), boss)).Peers, entry => entry.Peer.PeerId == key.Print);
    }

    [Fact]
    public async Task Fetch_CallersSessionEndsWhileThePeersLineGoesOn_IsCancelledAtThePeer()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var key = new TestKey();
        var root = string.Concat(Enumerable.Repeat("ab", 32));
        var peer = await key.LoginAsync(directory, "ana", 5001, new FileEntry { Path = "x/a", Root = root, Size = 5 });
        var caller = await directory.Client.LoginAsync(new LoginRequest { User = "ana", Password = "per12345", Reader = true }, TestDirectory.Anonymous);
        using var line = await TestLine.OpenAsync(directory, peer.Token);
        using var fetch = directory.Client.Fetch(new FetchRequest { PeerId = peer.PeerId, Root = root }, TestDirectory.With(caller.Token));
        var id = (await line.ReadAsync()).Fetch.Id;

        await directory.Client.LogoutAsync(new(), TestDirectory.With(caller.Token));

        Assert.Equal("LOGGED_OUT", await ReasonAsync(() => EndAsync(fetch.ResponseStream)));
        Assert.Equal(id, (await line.ReadAsync()).Cancel.Id);
    }

    static async Task EndAsync<T>(IAsyncStreamReader<T> stream)
    {
        while (await stream.MoveNext(None))
        {
            // What was told before.
        }
    }

    static async Task<string> ReasonAsync(Func<Task> call) => TestDirectory.Failure(await Assert.ThrowsAsync<RpcException>(call)).Reason;
}
