using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;
using P2P.Server.Store.Postgres;
using P2P.Server.Tests.Calls;

namespace P2P.Server.Tests.Store.Postgres;

/// <summary>Two directories over one database, as their clients see them.</summary>
[Collection(nameof(SharedPostgres))]
public sealed class NodesTests(SharedPostgres postgres) : IAsyncLifetime
{
    readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    TestDirectory _one = null!;
    TestDirectory _two = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.Server.NewDatabaseAsync();
        (_one, _two) = (await StartAsync(database), await StartAsync(database));
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Login_AtOne_IsASessionAtBoth()
    {
        var login = await _one.LoginAsync("ana", 5001, "a.txt,b.txt");
        await UntilAsync(async () => await CountAsync(_two, "a.txt") == 1);

        await _two.Client.HeartbeatAsync(new HeartbeatRequest(), TestDirectory.With(login.Token));
        await PublishAsync(_two, login.Token, "share/c.txt");
        await UntilAsync(async () => await CountAsync(_one, "c.txt") == 1);
        await _two.Client.LogoutAsync(new LogoutRequest(), TestDirectory.With(login.Token));
        await UntilAsync(async () => await CountAsync(_one, "c.txt") == 0);
        var refused = await Assert.ThrowsAsync<RpcException>(
            () => _one.Client.HeartbeatAsync(new HeartbeatRequest(), TestDirectory.With(login.Token)).ResponseAsync);
        Assert.Equal("LOGGED_OUT", TestDirectory.Failure(refused).Reason);
    }

    [Fact]
    public async Task Login_AgainAtTheOther_ReplacesTheSessionAtBoth()
    {
        var first = await _one.LoginAsync("ana", 5001, "a.txt");
        var second = await _two.LoginAsync("ana", 5001, "b.txt");

        Assert.Equal(first.PeerId, second.PeerId);
        await UntilAsync(async () => await CountAsync(_one, "b.txt") == 1 && await CountAsync(_one, "a.txt") == 0);
        var refused = await Assert.ThrowsAsync<RpcException>(
            () => _one.Client.HeartbeatAsync(new HeartbeatRequest(), TestDirectory.With(first.Token)).ResponseAsync);
        Assert.Equal("REPLACED", TestDirectory.Failure(refused).Reason);
    }

    [Fact]
    public async Task Login_ByTwoUsersAtOnceAtBoth_OneAccountEach()
    {
        var logins = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? _one : _two).LoginAsync("same", 6000 + i, $"f{i}.txt")));
        Assert.Equal(10, logins.Select(login => login.PeerId).Distinct().Count());
        await UntilAsync(async () => (await StatsAsync(_one, logins[0])).Files == 10);
        await UntilAsync(async () => (await StatsAsync(_two, logins[0])).Files == 10);
        Assert.Equal(1, (await StatsAsync(_one, logins[0])).Accounts);
    }

    [Fact]
    public async Task Publish_Replace_IsSeenAtTheOtherWhole()
    {
        var login = await _one.LoginAsync("ana", 5001, "old.txt");
        await PublishAsync(_one, login.Token, [.. Enumerable.Range(0, 2000).Select(i => $"share/new{i}.txt")]);

        await UntilAsync(async () => await CountAsync(_two, "new1999.txt") == 1);
        Assert.Equal(0, await CountAsync(_two, "old.txt"));
        Assert.Equal(2000, (await StatsAsync(_two, login)).Files);
    }

    /// <summary>Heartbeats that only one directory gets keep the session at the other, and when they end it goes from both.</summary>
    [Fact]
    public async Task Heartbeat_AtOne_KeepsTheSessionAtBoth()
    {
        var login = await _one.LoginAsync("ana", 5001, "a.txt");
        await UntilAsync(async () => await CountAsync(_two, "a.txt") == 1);
        for (var minute = 0; minute < 5; minute++)
        {
            await _one.Client.HeartbeatAsync(new HeartbeatRequest(), TestDirectory.With(login.Token));
            await AdvanceAsync(TimeSpan.FromSeconds(40));
        }

        Assert.Equal((1, 1), (await CountAsync(_one, "a.txt"), await CountAsync(_two, "a.txt")));
        await AdvanceAsync(TimeSpan.FromSeconds(100));
        await UntilAsync(async () => await CountAsync(_one, "a.txt") == 0 && await CountAsync(_two, "a.txt") == 0);
    }

    /// <summary>Time goes on in steps, so that every tick's work is done before the next.</summary>
    async Task AdvanceAsync(TimeSpan time)
    {
        for (var step = TimeSpan.Zero; step < time; step += TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Stop);
        }

        // What was committed before this has been read by both after it.
        foreach (var directory in (TestDirectory[])[_one, _two])
        {
            using var read = await directory.Service<KeyedLocks>().EnterAsync(Stop, "test");
        }
    }

    async Task<TestDirectory> StartAsync(string database) => await TestDirectory.StartAsync(
        time: _time, shared: await PostgresStore.OpenAsync(database, TimeProvider.System, NullLogger.Instance));

    static async Task<int> CountAsync(TestDirectory directory, string name) => (await directory.Client.SearchAsync(
        new SearchRequest { Archivo = name, Kind = QueryKind.Exact }, TestDirectory.Anonymous)).Hits.Count;

    static async Task<StatsResponse> StatsAsync(TestDirectory directory, LoginResponse login) =>
        await directory.Client.StatsAsync(new StatsRequest(), TestDirectory.With(login.Token));

    static async Task PublishAsync(TestDirectory directory, string token, params string[] paths)
    {
        using var call = directory.Client.Publish(TestDirectory.With(token));
        var isMany = paths.Length > 1;
        foreach (var chunk in paths.Chunk(1000))
        {
            await call.RequestStream.WriteAsync(
                new PublishRequest { Replace = isMany, Upserts = { chunk.Select(path => new FileEntry { Path = path }) } }, Stop);
        }

        await call.RequestStream.CompleteAsync();
        await call;
    }

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Stop);
        }
    }
}
