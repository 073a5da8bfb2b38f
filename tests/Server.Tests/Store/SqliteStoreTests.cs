using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Store;

namespace P2P.Server.Tests.Store;

public sealed class SqliteStoreTests : StoreConformance
{
    readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("p2p-store-");

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

    /// <summary>As version 1 wrote it: batches are messages.</summary>
    [Fact]
    public async Task Open_StoreOfVersionOne_IsBroughtUpToDateAndReadAsItWas()
    {
        var file = Path.Combine(_folder.FullName, "one.db");
        var batch = new PublishRequest { Upserts = { new FileEntry { Path = "a/b", Size = 3, Root = new string('1', 64) } } };
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            SqliteSchema.Execute(connection, SqliteSchema.MigrationTo(1) + "; PRAGMA user_version = 1");
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO heads VALUES ('p', 1, 'c', 1, 0); INSERT INTO batches (peer, generation, batch) VALUES ('p', 1, @batch)";
            command.Parameters.AddWithValue("@batch", batch.ToByteArray());
            command.ExecuteNonQuery();
        }

        await using (var store = SqliteStore.Open(file, NullLogger<SqliteStore>.Instance))
        {
            Assert.Equal(batch, store.Load().OfType<BatchSaved>().Single().Batch);
            await store.CommitAsync([new HeadSaved("p", 1, "c", 2, DateTimeOffset.UnixEpoch), new BatchSaved("p", 1, batch)]);
        }

        await using var again = SqliteStore.Open(file, NullLogger<SqliteStore>.Instance);
        Assert.Equal([batch, batch], again.Load().OfType<BatchSaved>().Select(saved => saved.Batch));
    }

    [Fact]
    public async Task Load_BatchThatIsDamaged_IsRefused()
    {
        var file = Path.Combine(_folder.FullName, "damaged.db");
        await using (var store = SqliteStore.Open(file, NullLogger<SqliteStore>.Instance))
        {
            await store.CommitAsync([new HeadSaved("p", 1, "c", 1, DateTimeOffset.UnixEpoch), new BatchSaved("p", 1, new PublishRequest { Upserts = { new FileEntry { Path = "abc" } } })]);
        }

        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            SqliteSchema.Execute(connection, "UPDATE batches SET batch = CAST(replace(batch, 'abc', 'abd') AS BLOB)");
        }

        await using var damaged = SqliteStore.Open(file, NullLogger<SqliteStore>.Instance);
        Assert.Throws<StoreUnusableException>(() => damaged.Load().OfType<BatchSaved>().Single().Batch);
    }

    /// <summary>What many ask for while one sync is under way is made durable by the next one together.</summary>
    [Fact]
    public async Task Commit_ManyAtOnce_ShareTheirSyncs()
    {
        await using var store = SqliteStore.Open(Path.Combine(_folder.FullName, "group.db"), NullLogger<SqliteStore>.Instance);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async writer =>
        {
            for (var i = 0; i < 20; i++)
            {
                await store.CommitAsync([new SettingSaved($"{writer}", [(byte)i])]);
            }
        }));
        Assert.InRange(store.Transactions, 20, 64 * 20 / 2);
    }

    [Fact]
    public async Task Backup_WhileOthersCommit_IsAWholeOfWhatWasThereBefore()
    {
        await using var store = SqliteStore.Open(Path.Combine(_folder.FullName, "live.db"), NullLogger<SqliteStore>.Instance);
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var acknowledged = 0;
        var written = Task.Run(async () =>
        {
            for (var i = 1; !stop.IsCancellationRequested; i++)
            {
                await store.CommitAsync([new HeadSaved("p", 1, "c", i, DateTimeOffset.UnixEpoch), new BatchSaved("p", 1, new PublishRequest { Sequence = i })]);
                Volatile.Write(ref acknowledged, i);
                begun.TrySetResult();
            }
        }, TestContext.Current.CancellationToken);
        await begun.Task;
        for (var i = 0; i < 5; i++)
        {
            var before = Volatile.Read(ref acknowledged);
            var backup = await store.BackupAsync(DateTimeOffset.UnixEpoch.AddMinutes(i));
            var file = Path.Combine(_folder.FullName, "backups", backup.Name);
            Assert.Equal((new FileInfo(file).Length, $"directory-19700101T000{i}00000Z.db"), (backup.Size, backup.Name));
            await using var restored = SqliteStore.Open(file, NullLogger<SqliteStore>.Instance);
            var (head, batches) = (restored.Load().OfType<HeadSaved>().Single(), restored.Load().OfType<BatchSaved>().Count());
            Assert.Equal(head.Sequence, batches);
            Assert.InRange(batches, before, int.MaxValue);
        }

        await stop.CancelAsync();
        await written;
    }

    [Fact]
    public async Task Backup_ThatCannotBeWritten_LeavesTheStoreAsItWas()
    {
        await using var store = SqliteStore.Open(Path.Combine(_folder.FullName, "live.db"), NullLogger<SqliteStore>.Instance);
        System.IO.File.WriteAllText(Path.Combine(_folder.FullName, "backups"), "in the way");
        await Assert.ThrowsAsync<BackupFailedException>(() => store.BackupAsync(DateTimeOffset.UnixEpoch));
        await store.CommitAsync([new SettingSaved("a", [])]);
        Assert.False(store.IsReadOnly);
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
