using Npgsql;

namespace P2P.Server.Store.Postgres;

/// <summary>
/// Reads the log as it grows. A notification wakes it, or somebody who has to know that it has read so far, or a second that has
/// passed: notifications are lost with their connection.
/// </summary>
sealed partial class PostgresFeed(NpgsqlDataSource source, PostgresReader reader, TimeProvider time, ILogger log) : IDisposable
{
    static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    readonly Lock _lock = new();
    readonly SemaphoreSlim _wake = new(0, 1);
    readonly List<(long Entry, TaskCompletionSource Reached)> _waiting = [];
    long _read;
    bool _isFollowing;

    /// <summary>Everything up to there is in memory by other means.</summary>
    public void StartAt(long entry) => Interlocked.Exchange(ref _read, entry);

    /// <summary>Ends once everything up to an entry has been given out; at once where nobody follows.</summary>
    public Task ReachAsync(long entry, CancellationToken cancellationToken)
    {
        TaskCompletionSource reached;
        lock (_lock)
        {
            if (!_isFollowing || Interlocked.Read(ref _read) >= entry)
            {
                return Task.CompletedTask;
            }

            reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((entry, reached));
        }

        Wake();
        return reached.Task.WaitAsync(cancellationToken);
    }

    /// <param name="apply">Takes each entry in order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task FollowAsync(Func<LoggedEntry, CancellationToken, Task> apply, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _isFollowing = true;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listening = ListenAsync(stop.Token);
        try
        {
            while (true)
            {
                await ReadAsync(apply, stop.Token).ConfigureAwait(false);
                await _wake.WaitAsync(Idle, stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _wake.Dispose();

    async Task ReadAsync(Func<LoggedEntry, CancellationToken, Task> apply, CancellationToken cancellationToken)
    {
        try
        {
            while (await reader.EntriesAsync(Interlocked.Read(ref _read), cancellationToken).ConfigureAwait(false) is { Count: > 0 } entries)
            {
                foreach (var entry in entries)
                {
                    // Numbers have no gaps, so that one which is missing was let go of before it was read.
                    if (entry.Number != Interlocked.Read(ref _read) + 1)
                    {
                        throw new StoreUnusableException("This directory was away from the store for too long; it has to be started anew.");
                    }

                    await apply(entry, cancellationToken).ConfigureAwait(false);
                    Reached(entry.Number);
                }
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
        {
            NotRead(exception.Message);
        }
    }

    async Task ListenAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                connection.Notification += (_, _) => Wake();
                await using var listen = new NpgsqlCommand($"LISTEN {PostgresKeys.Channel}", connection);
                await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                while (true)
                {
                    await connection.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                // The idle second bridges the gap.
                await Task.Delay(Idle, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    void Reached(long entry)
    {
        lock (_lock)
        {
            Interlocked.Exchange(ref _read, entry);
            foreach (var waiting in _waiting.Where(waiting => waiting.Entry <= entry).ToList())
            {
                waiting.Reached.TrySetResult();
                _waiting.Remove(waiting);
            }
        }
    }

    void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is to wake up already.
        }
    }

    [LoggerMessage(EventId = 121, Level = LogLevel.Warning, Message = "The store's log cannot be read; answers may lag behind the other directories': {Reason}")]
    partial void NotRead(string reason);
}
