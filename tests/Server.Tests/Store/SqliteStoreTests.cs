using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using P2P.Server.Store;

namespace P2P.Server.Tests.Store;

public sealed class SqliteStoreTests : StoreConformance
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("p2p-store-");

    string File => Path.Combine(_folder.FullName, "directory.db");

    private protected override Task<IDirectoryStore> OpenAsync() =>
        Task.FromResult<IDirectoryStore>(SqliteStore.Open(File, NullLogger<SqliteStore>.Instance));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Open_StoreOfANewerProgram_IsRefusedUntouched()
    {
        var file = Path.Combine(_folder.FullName, "newer.db");
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 999";
            command.ExecuteNonQuery();
        }

        var refused = Assert.Throws<StoreUnusableException>(() => SqliteStore.Open(file, NullLogger<SqliteStore>.Instance));
        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileThatIsNoStore_SaysSo()
    {
        var file = Path.Combine(_folder.FullName, "text.db");
        System.IO.File.WriteAllText(file, new string('x', 4096));
        Assert.Throws<StoreUnusableException>(() => SqliteStore.Open(file, NullLogger<SqliteStore>.Instance));
    }

    [Fact]
    public async Task Commit_ChangeThatCannotBeWritten_EndsAllTheSame()
    {
        await using var store = SqliteStore.Open(Path.Combine(_folder.FullName, "other.db"), NullLogger<SqliteStore>.Instance);
        var broken = new SessionSaved(null!, "u", 1, null);
        await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => store.CommitAsync([new AccountSaved("u", "", default, default, false, default, default), broken])
                .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.True(store.IsReadOnly);
    }

    [Fact]
    public async Task Commit_AfterAFailedWrite_IsRefused()
    {
        var file = Path.Combine(_folder.FullName, "broken.db");
        await using var store = SqliteStore.Open(file, NullLogger<SqliteStore>.Instance);
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE sessions";
            command.ExecuteNonQuery();
        }

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => store.CommitAsync([new SessionSaved("t", "u", 1, null)]));
        Assert.True(store.IsReadOnly);
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => store.CommitAsync([new SettingSaved("a", [])]));
    }
}
