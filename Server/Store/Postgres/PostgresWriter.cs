using System.Threading.Channels;
using Npgsql;

namespace P2P.Server.Store.Postgres;

/// <summary>
/// Commits. What many callers ask for while a commit is under way goes into the next one together. Commits of all directories stand
/// in one line: a commit holds the log's lock from its beginning to its end, so that the numbers of entries are the order in which
/// they become visible.
/// </summary>
sealed class PostgresWriter : IAsyncDisposable
{
    const int MostInOneTransaction = 256;
    const long MostBytesInOneTransaction = 4 * 1024 * 1024;

    /// <summary>For how long the outcome of a commit that broke off is asked for: a standby may have to be promoted meanwhile.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    readonly NpgsqlDataSource _source;
    readonly PostgresLocks _locks;
    readonly CommitFates _fates;
    readonly TimeProvider _time;
    readonly Guid _node = Guid.NewGuid();
    readonly Channel<Pending> _queue = Channel.CreateUnbounded<Pending>(new UnboundedChannelOptions { SingleReader = true });
    readonly Task _loop;
    Pending? _carried;
    long _commits;

    public PostgresWriter(NpgsqlDataSource source, PostgresLocks locks, CommitFates fates, TimeProvider time)
    {
        (_source, _locks, _fates, _time) = (source, locks, fates, time);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>How the log names this directory's entries.</summary>
    public Guid Node => _node;

    public Task CommitAsync(IReadOnlyList<StoreChange> changes)
    {
        if (changes.Count == 0)
        {
            return Task.CompletedTask;
        }

        var pending = new Pending(changes);
        return _queue.Writer.TryWrite(pending) ? pending.Done.Task : Task.FromException(new StoreUnavailableException("The directory is stopping."));
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    async Task RunAsync()
    {
        while (_carried is not null || await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var group = TakeGroup();
            var failure = await CommitAsync(CommitPlan.Of(group.SelectMany(pending => pending.Changes))).ConfigureAwait(false);
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
    }

    List<Pending> TakeGroup()
    {
        var group = new List<Pending>();
        var bytes = 0L;
        while (group.Count < MostInOneTransaction && (Take() is { } pending))
        {
            bytes += pending.Changes.OfType<BatchSaved>().Sum(batch => (long)batch.Stored.Record.Length);
            if (group.Count > 0 && bytes > MostBytesInOneTransaction)
            {
                _carried = pending;
                break;
            }

            group.Add(pending);
        }

        return group;
    }

    Pending? Take()
    {
        var taken = _carried;
        _carried = null;
        return taken ?? (_queue.Reader.TryRead(out var pending) ? pending : null);
    }

    /// <returns>Why the callers have no OK; null if they have.</returns>
    async Task<Exception?> CommitAsync(CommitPlan plan)
    {
        var commit = ++_commits;
        _fates.Begin(commit);
        var isInDoubt = false;
        try
        {
            await using var connection = await _source.OpenConnectionAsync().ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
            var entry = await PostgresCommit.BeginAsync(connection, _locks.Node).ConfigureAwait(false);
            if (entry is null || !_locks.AreSound)
            {
                _locks.Suspect();
                return Fail(commit, new StoreUnavailableException("The connection to the store was lost; nothing was changed."));
            }

            await PostgresCommit.WriteAsync(connection, plan, entry.Value, _node, commit).ConfigureAwait(false);
            isInDoubt = true;
            await transaction.CommitAsync().ConfigureAwait(false);
            _fates.End(commit, isAcknowledged: true);
            return null;
        }
        catch (PostgresException refused)
        {
            // The server itself says that it did not commit.
            return Fail(commit, new StoreUnavailableException("The store refused a change; nothing was changed.", refused));
        }
        catch (Exception lost) when (lost is NpgsqlException or TimeoutException or IOException)
        {
            return isInDoubt
                ? await ResolveAsync(commit, lost).ConfigureAwait(false)
                : Fail(commit, new StoreUnavailableException("The store does not answer; nothing was changed.", lost));
        }
#pragma warning disable CA1031 // Whatever it was: if the writer ended, everyone who waits for a commit would wait for ever.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Fail(commit, new OutcomeUnknownException(exception));
        }
    }

    /// <summary>
    /// The connection broke while the server committed. Whoever has the log's lock after that knows: the entry is there, or never will be.
    /// </summary>
    async Task<Exception?> ResolveAsync(long commit, Exception lost)
    {
        var started = _time.GetTimestamp();
        while (_time.GetElapsedTime(started) < Patience)
        {
            try
            {
                if (await PostgresCommit.WasCommittedAsync(_source, _node, commit).ConfigureAwait(false))
                {
                    _fates.End(commit, isAcknowledged: true);
                    return null;
                }

                return Fail(commit, new StoreUnavailableException("The connection to the store was lost; nothing was changed.", lost));
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), _time).ConfigureAwait(false);
            }
        }

        return Fail(commit, new OutcomeUnknownException(lost));
    }

    Exception Fail(long commit, Exception failure)
    {
        _fates.End(commit, isAcknowledged: false);
        return failure;
    }

    sealed record Pending(IReadOnlyList<StoreChange> Changes)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
