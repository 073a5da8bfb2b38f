using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace P2P.Server.Store;

/// <summary>
/// The embedded engine: one SQLite file, one writer. What many callers ask to commit while a commit is under way goes into the next
/// transaction together, so that one fsync serves them all.
/// </summary>
sealed partial class SqliteStore : IDirectoryStore, IBackupStore
{
    const int MostInOneTransaction = 256;

    /// <summary>Pages of the log after which its changes are copied into the file; each copying syncs twice.</summary>
    const int CheckpointPages = 4000;

    /// <summary>Bytes to which the log's file is cut once its changes are copied: a backup or a large transaction may have made it longer.</summary>
    const int LogFileBytes = 64 * 1024 * 1024;

    readonly SqliteConnection _connection;
    readonly SqliteStatements _statements;
    readonly ILogger<SqliteStore> _log;
    readonly Channel<Pending> _queue = Channel.CreateUnbounded<Pending>(new UnboundedChannelOptions { SingleReader = true });
    readonly Task _writer;
    readonly SqliteBackup _backup;
    volatile bool _readOnly;
    long _transactions;

    SqliteStore(SqliteConnection connection, string path, ILogger<SqliteStore> log)
    {
        _connection = connection;
        _backup = new SqliteBackup(path);
        _statements = new SqliteStatements(connection);
        _log = log;
        _writer = Task.Factory.StartNew(
            WriteAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    public string Engine => "sqlite";

    public bool IsReadOnly => _readOnly;

    /// <summary>Transactions since it was opened, each of which had one sync.</summary>
    internal long Transactions => Interlocked.Read(ref _transactions);

    /// <param name="path">The file; made if it is not there.</param>
    /// <param name="log">Tells of a failed write.</param>
    /// <param name="synchronous">Only tests of the tests turn it off.</param>
    /// <exception cref="StoreUnusableException">The file is no store, or a newer program's.</exception>
    public static SqliteStore Open(string path, ILogger<SqliteStore> log, bool synchronous = true)
    {
        SqliteFile.RefuseIfCut(path);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            SqliteSchema.Execute(connection, "PRAGMA journal_mode = WAL");
            SqliteSchema.Execute(connection, $"PRAGMA synchronous = {(synchronous ? "FULL" : "OFF")}");
            SqliteSchema.Execute(connection, $"PRAGMA wal_autocheckpoint = {CheckpointPages}");
            SqliteSchema.Execute(connection, $"PRAGMA journal_size_limit = {LogFileBytes}");
            SqliteSchema.Migrate(connection);
            // What a replacing stream had staged when it broke, or the process ended.
            SqliteSchema.Execute(
                connection,
                "DELETE FROM batches WHERE NOT EXISTS (SELECT 1 FROM heads h WHERE h.peer = batches.peer AND h.generation = batches.generation)");
            return new SqliteStore(connection, path, log);
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw new StoreUnusableException($"The store {path} cannot be opened: {exception.Message}", exception);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public IEnumerable<StoreChange> Load()
    {
        using var rows = SqliteRows.Load(_connection).GetEnumerator();
        while (Next(rows))
        {
            yield return rows.Current;
        }
    }

    public Task CommitAsync(IReadOnlyList<StoreChange> changes)
    {
        if (changes.Count == 0)
        {
            return Task.CompletedTask;
        }

        // Here, beside other callers, and not in the one writer.
        foreach (var batch in changes.OfType<BatchSaved>())
        {
            _ = batch.Stored.Record;
        }

        var pending = new Pending(changes);
        return _readOnly || !_queue.Writer.TryWrite(pending)
            ? Task.FromException(new StoreReadOnlyException())
            : pending.Done.Task;
    }

    public Task<StoreBackup> BackupAsync(DateTimeOffset now) => _backup.WriteAsync(now);

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writer.ConfigureAwait(false);
        _statements.Dispose();
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    async Task WriteAsync()
    {
        var group = new List<Pending>();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            group.Clear();
            while (group.Count < MostInOneTransaction && _queue.Reader.TryRead(out var pending))
            {
                group.Add(pending);
            }

            Finish(group, _readOnly ? new StoreReadOnlyException() : Commit(group));
        }
    }

    OutcomeUnknownException? Commit(List<Pending> group)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var transaction = _connection.BeginTransaction();
            foreach (var change in group.SelectMany(pending => pending.Changes))
            {
                _statements.Write(change, transaction);
            }

            transaction.Commit();
            Interlocked.Increment(ref _transactions);
            StoreMetrics.Committed(Stopwatch.GetElapsedTime(started), group.Count);
            return null;
        }
#pragma warning disable CA1031 // Whatever it was: if the writer ended, everyone who waits for a commit would wait for ever.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // After a failed fsync the kernel may have dropped the pages and report the next one as good: no later commit
            // on this file can be trusted before it is read again.
            _readOnly = true;
            WriteFailed(exception);
            return new OutcomeUnknownException(exception);
        }
    }

    bool Next(IEnumerator<StoreChange> rows)
    {
        try
        {
            return rows.MoveNext();
        }
        catch (Exception damage) when (damage is SqliteException or Google.Protobuf.InvalidProtocolBufferException or InvalidCastException)
        {
            throw new StoreUnusableException($"The store {_connection.DataSource} cannot be read.", damage);
        }
    }

    static void Finish(List<Pending> group, Exception? failure)
    {
        foreach (var pending in group)
        {
            if (failure is null)
            {
                pending.Done.SetResult();
            }
            else
            {
                pending.Done.SetException(failure);
            }
        }
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Critical, Message = "A write to the store failed. The directory answers reads only until it is restarted.")]
    partial void WriteFailed(Exception exception);

    sealed record Pending(IReadOnlyList<StoreChange> Changes)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
