using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using P2P.Server.Store;
using P2P.Server.Store.Postgres;

namespace P2P.Server.Tests.Store.Postgres;

/// <summary>What every engine promises, by PostgreSQL.</summary>
[Collection(nameof(SharedPostgres))]
public sealed class PostgresStoreTests(SharedPostgres postgres) : StoreConformance
{
    string _database = null!;

    public override async ValueTask InitializeAsync()
    {
        _database = await postgres.Server.NewDatabaseAsync();
        await base.InitializeAsync();
    }

    private protected override async Task<IDirectoryStore> OpenAsync() =>
        await PostgresStore.OpenAsync(_database, TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task Open_DatabaseOfANewerProgram_IsRefused()
    {
        await using (var connection = new NpgsqlConnection(_database))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand("INSERT INTO p2p_schema VALUES (999)", connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var refused = await Assert.ThrowsAsync<StoreUnusableException>(OpenAsync);
        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ManyAtOnceOnANewDatabase_AllGetNumbersOfTheirOwn()
    {
        var database = await postgres.Server.NewDatabaseAsync();
        var stores = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => PostgresStore.OpenAsync(database, TimeProvider.System, NullLogger.Instance)));
        Assert.Equal([0, 1, 2, 3, 4], stores.Select(store => store.Node).Order());
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("Host=127.0.0.1;Port=1;Username=nobody;Timeout=1")]
    public async Task Open_NothingUsable_SaysSo(string text) =>
        await Assert.ThrowsAsync<StoreUnusableException>(() => PostgresStore.OpenAsync(text, TimeProvider.System, NullLogger.Instance));
}
