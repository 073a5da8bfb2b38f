using P2P.Server.Catalogs;
using P2P.Server.Store;

namespace P2P.Server.Sessions;

/// <summary>Ends sessions whose leases have run out, and forgets what ended long ago.</summary>
sealed partial class LeaseExpiry(
    SessionDesk desk, SessionTable sessions, CatalogTable catalogs, CatalogPublisher publisher, CatalogOptions options, SessionState state,
    ILogger<LeaseExpiry> log) : BackgroundService
{
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>So many share a sync, and no more of them wait in memory.</summary>
    static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 256 };

    static readonly TimeSpan Sweep = TimeSpan.FromHours(1);

    long _swept = state.Time.GetTimestamp();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, state.Time);
        while (await WaitAsync(timer, stoppingToken).ConfigureAwait(false))
        {
            await ExpireAsync().ConfigureAwait(false);
        }
    }

    async Task ExpireAsync()
    {
        try
        {
            await EndAsync(state.Leases.TakeExpired()).ConfigureAwait(false);
            if (state.Time.GetElapsedTime(_swept) > Sweep)
            {
                _swept = state.Time.GetTimestamp();
                await SweepAsync(state.Time.GetUtcNow()).ConfigureAwait(false);
            }
        }
        catch (StoreWriteException exception)
        {
            // Out of the index they are; a restart would give them one more lease.
            NotStored(exception.Message);
        }
    }

    /// <summary>Ends them all, also if the end of one cannot be stored.</summary>
    async Task EndAsync(IReadOnlyList<Session> expired)
    {
        StoreWriteException? failure = null;
        await Parallel.ForEachAsync(expired.Where(sessions.IsLive), AtOnce, async (session, _) =>
        {
            try
            {
                await desk.ExpireAsync(session).ConfigureAwait(false);
            }
            catch (StoreWriteException exception)
            {
                failure = exception;
            }
        }).ConfigureAwait(false);
        if (failure is not null)
        {
            throw failure;
        }
    }

    async Task SweepAsync(DateTimeOffset now)
    {
        var forgotten = sessions.ForgetEnded(now - TimeSpan.FromDays(state.Options.RememberEndedDays));
        await state.Store.CommitAsync([.. forgotten.Select(token => new SessionForgotten(token))]).ConfigureAwait(false);
        foreach (var peerId in catalogs.UnchangedSince(now - TimeSpan.FromDays(options.KeepDays)))
        {
            await publisher.DropAsync(peerId).ConfigureAwait(false);
        }
    }

    static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(EventId = 200, Level = LogLevel.Warning, Message = "The end of sessions could not be stored: {Reason}")]
    partial void NotStored(string reason);
}
