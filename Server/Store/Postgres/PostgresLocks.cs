using System.Threading.Channels;
using Npgsql;

namespace P2P.Server.Store.Postgres;

/// <summary>
/// The locks of one directory: advisory locks of one connection, so that they cost the server one session however many there are.
/// One loop owns the connection; whoever wants a lock asks it. When the connection is lost the server gives all locks away, so no
/// commit is sound until everyone who held one then has let go of it.
/// </summary>
sealed partial class PostgresLocks : IAsyncDisposable
{
    static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan Reconnect = TimeSpan.FromMilliseconds(250);

    /// <summary>How long to wait for a lock while the store does not answer.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly NpgsqlDataSource _source;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Channel<Wish> _wishes = Channel.CreateUnbounded<Wish>(new UnboundedChannelOptions { SingleReader = true });
    readonly List<Wish> _waiting = [];
    readonly CancellationTokenSource _stop = new();
    readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Task _loop;
    volatile Tenure _tenure = new(-1);
    int _node = -1;

    public PostgresLocks(NpgsqlDataSource source, TimeProvider time, ILogger log)
    {
        (_source, _time, _log) = (source, time, log);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Ends when the directory has its number for the first time.</summary>
    public Task Started => _first.Task;

    public int Node => Volatile.Read(ref _node);

    /// <summary>Whether the locks that are held are held.</summary>
    public bool AreSound => _tenure.IsSound;

    /// <summary>Takes the locks of all names, and says how far the log reached then.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task<(IDisposable Held, long LogEnd)> EnterAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var wish = new Wish([.. names.Select(PostgresKeys.Name).Distinct().Order()]);
        _wishes.Writer.TryWrite(wish);
        try
        {
            var logEnd = await wish.Granted.Task.WaitAsync(Patience, _time, cancellationToken).ConfigureAwait(false);
            return (new Held(this, wish), logEnd);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            Release(wish);
            throw exception is TimeoutException ? new StoreUnavailableException("The store does not answer.", exception) : exception;
        }
    }

    /// <summary>Somebody found that the server has given our number away: look whether the connection is still there.</summary>
    public void Suspect() => _wishes.Writer.TryWrite(new Wish([]));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
                await ServeAsync(connection).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                _tenure.Lose();
                LocksLost(exception.Message);
                await Task.Delay(Reconnect, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (StoreUnusableException exception)
            {
                _first.TrySetException(exception);
                return;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    async Task ServeAsync(NpgsqlConnection connection)
    {
        var before = _tenure;
        await before.EmptyAsync(_stop.Token).ConfigureAwait(false);
        var node = await TakeNodeAsync(connection, before.Node).ConfigureAwait(false);
        var tenure = new Tenure(node);
        Volatile.Write(ref _node, node);
        _tenure = tenure;
        _first.TrySetResult();
        while (true)
        {
            if (_waiting.Count == 0)
            {
                await _wishes.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false);
            }
            else
            {
                // Another directory has the lock: seldom, and for the time of a commit.
                await Task.Delay(LongestPause * Random.Shared.NextDouble(), _time, _stop.Token).ConfigureAwait(false);
            }

            while (_wishes.Reader.TryRead(out var wish))
            {
                _waiting.Add(wish);
            }

            await TryAsync(connection, tenure, _waiting).ConfigureAwait(false);
        }
    }

    /// <summary>1. Give back what is no longer wanted. 2. Try what is wanted. 3. Give back what came in part. All in few round trips.</summary>
    static async Task TryAsync(NpgsqlConnection connection, Tenure tenure, List<Wish> waiting)
    {
        var released = waiting.Where(wish => wish.IsReleased).ToList();
        await UnlockAsync(connection, released.SelectMany(tenure.Remove)).ConfigureAwait(false);
        waiting.RemoveAll(wish => wish.IsReleased);
        if (waiting.Count == 0)
        {
            return;
        }

        var (got, logEnd) = await LockAsync(connection, [.. waiting.SelectMany(wish => wish.Keys).Distinct()]).ConfigureAwait(false);
        var used = new HashSet<long>();
        foreach (var wish in waiting.Where(wish => wish.Keys.All(key => got.Contains(key) && !used.Contains(key))).ToList())
        {
            used.UnionWith(wish.Keys);
            tenure.Add(wish);
            waiting.Remove(wish);
            wish.Granted.TrySetResult(logEnd);
        }

        await UnlockAsync(connection, got.Except(used)).ConfigureAwait(false);
    }

    static async Task<(HashSet<long> Got, long LogEnd)> LockAsync(NpgsqlConnection connection, long[] keys)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SELECT key FROM unnest($1) AS key WHERE pg_try_advisory_lock(key)") { Parameters = { new() { Value = keys } } },
                // After the locks, so that it counts everything that was committed under them.
                new NpgsqlBatchCommand("SELECT coalesce(max(entry), 0) FROM p2p_log"),
            },
        };
        await using var rows = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        var got = new HashSet<long>();
        while (await rows.ReadAsync().ConfigureAwait(false))
        {
            got.Add(rows.GetInt64(0));
        }

        await rows.NextResultAsync().ConfigureAwait(false);
        await rows.ReadAsync().ConfigureAwait(false);
        return (got, rows.GetInt64(0));
    }

    static async Task UnlockAsync(NpgsqlConnection connection, IEnumerable<long> keys)
    {
        if (keys.ToArray() is not { Length: > 0 } all)
        {
            return;
        }

        await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock(key) FROM unnest($1) AS key", connection)
        {
            Parameters = { new() { Value = all } },
        };
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>The number it had before, or the lowest that is free; what a dead directory of that number had staged is deleted.</summary>
    static async Task<int> TakeNodeAsync(NpgsqlConnection connection, int before)
    {
        foreach (var node in Enumerable.Range(0, SharedNumbers.Nodes).OrderByDescending(node => node == before))
        {
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection)
            {
                Parameters = { new() { Value = PostgresKeys.Node(node) } },
            };
            if ((bool)(await command.ExecuteScalarAsync().ConfigureAwait(false))!)
            {
                await DropStagedAsync(connection, node).ConfigureAwait(false);
                return node;
            }
        }

        throw new StoreUnusableException($"{SharedNumbers.Nodes} directories share this store already.");
    }

    static async Task DropStagedAsync(NpgsqlConnection connection, int node)
    {
        const string Sql =
            """
            DELETE FROM p2p_batches b WHERE b.generation % $2 = $1 AND NOT EXISTS (SELECT 1 FROM p2p_facts f
                WHERE f.kind = 'HeadSaved' AND f.key = b.peer AND (f.value->>'Generation')::bigint = b.generation)
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = (long)node }, new() { Value = (long)SharedNumbers.Nodes } } };
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    void Release(Wish wish)
    {
        wish.IsReleased = true;
        // Of a tenure that is over, the server has given them away already.
        wish.Tenure?.Let(wish);
        _wishes.Writer.TryWrite(wish);
    }

    [LoggerMessage(EventId = 120, Level = LogLevel.Warning, Message = "The connection to the store was lost; changes are refused until it is back: {Reason}")]
    partial void LocksLost(string reason);

    sealed class Held(PostgresLocks owner, Wish wish) : IDisposable
    {
        int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                owner.Release(wish);
            }
        }
    }
}
