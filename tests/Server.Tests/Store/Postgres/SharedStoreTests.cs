using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Store;
using P2P.Server.Store.Postgres;

namespace P2P.Server.Tests.Store.Postgres;

/// <summary>What directories that share a store are promised of each other.</summary>
[Collection(nameof(SharedPostgres))]
public sealed class SharedStoreTests(SharedPostgres postgres) : IAsyncLifetime
{
    readonly List<Follower> _followers = [];
    string _database = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await postgres.Server.NewDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var follower in _followers)
        {
            await follower.DisposeAsync();
        }
    }

    [Fact]
    public async Task Lock_AfterAnothersCommit_HasSeenIt()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        for (var i = 0; i < 20; i++)
        {
            using (await one.Store.LockAsync(["account ana"], Stop))
            {
                await one.Store.CommitAsync([new SettingSaved("turn", [(byte)i])]);
            }

            using (await two.Store.LockAsync(["account ana"], Stop))
            {
                Assert.Equal([(byte)i], two.Settings["turn"]);
            }
        }
    }

    /// <summary>The race that the locks are for: read, decide, commit.</summary>
    [Fact]
    public async Task Lock_CountersOfManyDirectories_LoseNoIncrement()
    {
        const int Rounds = 30;
        var stores = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        await Task.WhenAll(stores.Select(async follower =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                using var held = await follower.Store.LockAsync(["counter"], Stop);
                var next = (byte)(follower.Settings.TryGetValue("counter", out var value) ? value[0] + 1 : 1);
                await follower.Store.CommitAsync([new SettingSaved("counter", [next])]);
                follower.Settings["counter"] = [next];
            }
        }));

        using var last = await stores[0].Store.LockAsync(["counter"], Stop);
        Assert.Equal([(byte)(Rounds * stores.Length)], stores[0].Settings["counter"]);
    }

    [Fact]
    public async Task Lock_OtherNames_DoNotWaitForEachOther()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        using var held = await one.Store.LockAsync(["a", "b"], Stop);
        using var other = await two.Store.LockAsync(["c"], Stop);
        var blocked = two.Store.LockAsync(["b", "d"], Stop);
        using (await two.Store.LockAsync(["d"], Stop))
        {
            Assert.False(blocked.IsCompleted);
        }

        held.Dispose();
        (await blocked).Dispose();
    }

    [Fact]
    public async Task Lock_WaiterThatGaveUp_LeavesNothingLocked()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        var held = await one.Store.LockAsync(["a"], Stop);
        using var impatient = new CancellationTokenSource();
        var waiting = two.Store.LockAsync(["a", "b"], impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        held.Dispose();
        (await one.Store.LockAsync(["a", "b"], Stop)).Dispose();
    }

    [Fact]
    public async Task Follow_CommitsOfManyAtOnce_AreTheSameOrderEverywhere()
    {
        var stores = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        await Task.WhenAll(stores.SelectMany((follower, node) => Enumerable.Range(0, 50).Select(i =>
            follower.Store.CommitAsync([new SessionSaved($"{node}-{i}", "ana", i, null)]))));
        var late = await OpenAsync();
        foreach (var follower in stores)
        {
            (await follower.Store.LockAsync(["all"], Stop)).Dispose();
        }

        // Each sees the others' commits and not its own, all in the order of their numbers.
        Assert.All(stores, follower => Assert.Equal(follower.Numbers.Order(), follower.Numbers));
        Assert.All(stores, follower => Assert.Equal(100, follower.Seen.OfType<SessionSaved>().Count()));
        Assert.Equal(150, late.Loaded.OfType<SessionSaved>().Count());
    }

    [Fact]
    public async Task Follow_BatchesReplacedMeanwhile_AreLeftOut()
    {
        var one = await OpenAsync();
        const long First = SharedNumbers.Nodes, Second = 2 * SharedNumbers.Nodes;
        var two = await OpenAsync(follow: false);
        await one.Store.CommitAsync([Head(First), new BatchSaved("p", First, Batch("old"))]);
        await one.Store.CommitAsync([new BatchSaved("p", Second, Batch("new"))]);
        await one.Store.CommitAsync([Head(Second)]);
        two.Start();
        (await two.Store.LockAsync(["p"], Stop)).Dispose();

        Assert.Equal(["new"], two.Seen.OfType<BatchSaved>().SelectMany(batch => batch.Batch.Upserts).Select(file => file.Path));
        Assert.Null(await two.Store.BatchesAsync("p", First, long.MaxValue, Stop));
        Assert.Equal("new", Assert.Single((await two.Store.BatchesAsync("p", Second, long.MaxValue, Stop))!).Batch.Upserts[0].Path);
        Assert.Empty((await two.Store.BatchesAsync("p", Second, 1, Stop))!);
    }

    /// <summary>The server drops every connection: locks are gone, so what was decided under them is refused, and all works again after.</summary>
    [Fact]
    public async Task Commit_LocksWereLost_IsRefusedUntilTheirHoldersLetGo()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        var held = await one.Store.LockAsync(["a"], Stop);
        await DropConnectionsAsync();
        (await two.Store.LockAsync(["a"], Stop)).Dispose();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => one.Store.CommitAsync([new SettingSaved("stale", [1])]));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => one.Store.CommitAsync([new SettingSaved("stale", [2])]));
        held.Dispose();
        using (await one.Store.LockAsync(["a"], Stop))
        {
            await one.Store.CommitAsync([new SettingSaved("fresh", [3])]);
        }

        using var seen = await two.Store.LockAsync(["a"], Stop);
        Assert.Equal([3], two.Settings["fresh"]);
        Assert.DoesNotContain("stale", two.Settings.Keys);
    }

    async Task<Follower> OpenAsync(bool follow = true)
    {
        var follower = new Follower(await PostgresStore.OpenAsync(_database, TimeProvider.System, NullLogger.Instance));
        _followers.Add(follower);
        if (follow)
        {
            follower.Start();
        }

        return follower;
    }

    async Task DropConnectionsAsync()
    {
        await using var connection = new NpgsqlConnection(_database + ";Pooling=false;Application Name=test");
        await connection.OpenAsync(Stop);
        await using var drop = new NpgsqlCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'p2p-directory' AND datname = current_database()", connection);
        await drop.ExecuteNonQueryAsync(Stop);
    }

    static HeadSaved Head(long generation) => new("p", generation, "c", 1, DateTimeOffset.UnixEpoch);

    static PublishRequest Batch(string path) => new() { Upserts = { new FileEntry { Path = path } } };

    /// <summary>A directory's state, as far as these tests need one.</summary>
    sealed class Follower(PostgresStore store) : IAsyncDisposable
    {
        readonly CancellationTokenSource _stop = new();
        Task _following = Task.CompletedTask;

        public PostgresStore Store { get; } = store;

        public IReadOnlyList<StoreChange> Loaded { get; } = [.. store.Load()];

        public ConcurrentDictionary<string, byte[]> Settings { get; } = new(StringComparer.Ordinal);

        public ConcurrentQueue<StoreChange> Seen { get; } = new();

        public ConcurrentQueue<long> Numbers { get; } = new();

        public void Start() => _following = Store.FollowAsync(
            (entry, _) =>
            {
                Numbers.Enqueue(entry.Number);
                foreach (var change in entry.Changes)
                {
                    Seen.Enqueue(change);
                    if (change is SettingSaved setting)
                    {
                        Settings[setting.Name] = setting.Value;
                    }
                }

                return Task.CompletedTask;
            },
            _stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Store.DisposeAsync();
            _stop.Dispose();
        }
    }
}
