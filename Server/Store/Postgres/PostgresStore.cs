using Npgsql;

namespace P2P.Server.Store.Postgres;

/// <summary>
/// The shared engine: any number of directories over one PostgreSQL. Each keeps the whole state in memory and answers from it; a
/// change is decided under locks that hold for all of them, committed into one log, and read from there by the others. See
/// docs/decisions/0011.
/// </summary>
sealed class PostgresStore : ISharedStore
{
    /// <summary>How far the log reaches back: a directory that was away from the store for longer has to start anew.</summary>
    static readonly TimeSpan LogKept = TimeSpan.FromHours(1);

    static readonly TimeSpan TrimInterval = TimeSpan.FromMinutes(5);

    readonly NpgsqlDataSource _source;
    readonly PostgresReader _reader;
    readonly PostgresLocks _locks;
    readonly CommitFates _fates = new();
    readonly PostgresWriter _writer;
    readonly PostgresFeed _feed;
    readonly TimeProvider _time;

    PostgresStore(NpgsqlDataSource source, TimeProvider time, ILogger log)
    {
        (_source, _time) = (source, time);
        _reader = new PostgresReader(source);
        _locks = new PostgresLocks(source, time, log);
        _writer = new PostgresWriter(source, _locks, _fates, time);
        _feed = new PostgresFeed(source, _reader, time, log);
    }

    public string Engine => "postgresql";

    /// <summary>For as long as the store does not answer.</summary>
    public bool IsReadOnly => !_locks.AreSound;

    public int Node => _locks.Node;

    /// <param name="text">A connection string; see <see cref="PostgresSource"/>.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="log">Tells of lost connections.</param>
    /// <exception cref="StoreUnusableException">It cannot be reached, or is a newer program's.</exception>
    public static async Task<PostgresStore> OpenAsync(string text, TimeProvider time, ILogger log)
    {
        var source = PostgresSource.Open(text);
        try
        {
            await PostgresSchema.MigrateAsync(source).ConfigureAwait(false);
            var store = new PostgresStore(source, time, log);
            await store._locks.Started.ConfigureAwait(false);
            return store;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw new StoreUnusableException("The PostgreSQL database of --store cannot be used.", exception);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public IEnumerable<StoreChange> Load() => _reader.Load(_feed.StartAt);

    public Task CommitAsync(IReadOnlyList<StoreChange> changes) => _writer.CommitAsync(changes);

    public async Task<IDisposable> LockAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var (held, logEnd) = await _locks.EnterAsync(names, cancellationToken).ConfigureAwait(false);
        try
        {
            await _feed.ReachAsync(logEnd, cancellationToken).ConfigureAwait(false);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public async Task FollowAsync(Func<SharedEntry, CancellationToken, Task> apply, CancellationToken cancellationToken)
    {
        var trimmed = _time.GetTimestamp();
        await _feed.FollowAsync(
            async (entry, stop) =>
            {
                if (entry.Node != _writer.Node || !await _fates.IsAcknowledgedAsync(entry.Commit, stop).ConfigureAwait(false))
                {
                    await apply(new SharedEntry(entry.Number, entry.Changes), stop).ConfigureAwait(false);
                }

                if (_time.GetElapsedTime(trimmed) > TrimInterval)
                {
                    trimmed = _time.GetTimestamp();
                    await PostgresCommit.TrimAsync(_source, LogKept).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<BatchSaved>?> BatchesAsync(string peerId, long generation, long upTo, CancellationToken cancellationToken) =>
        _reader.BatchesAsync(peerId, generation, upTo, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _locks.DisposeAsync().ConfigureAwait(false);
        _feed.Dispose();
        await _source.DisposeAsync().ConfigureAwait(false);
    }
}
