namespace P2P.Server.Tests.Store.Postgres;

/// <summary>One server for all tests that only want a database of their own.</summary>
[CollectionDefinition(nameof(SharedPostgres))]
public sealed class SharedPostgres : IAsyncLifetime, ICollectionFixture<SharedPostgres>
{
    internal PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgresServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }
}
