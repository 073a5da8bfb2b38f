using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>Tells the other directories of a shared store which leases were renewed here, many at once.</summary>
sealed partial class LeaseSharing(SessionState state, ILogger<LeaseSharing> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(state.Options.ShareSeconds), state.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await ShareAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The last renewals are told too, so that a rolling restart expires nobody.
            await ShareAsync().ConfigureAwait(false);
        }
    }

    async Task ShareAsync()
    {
        if (state.News.Take() is not { Count: > 0 } renewed)
        {
            return;
        }

        try
        {
            await state.Store.CommitAsync([new LeasesRenewed([.. renewed])]).ConfigureAwait(false);
        }
        catch (StoreWriteException failure)
        {
            // The peers renew again, before the others' grace is over if the store is back by then.
            NotShared(failure.Message);
        }
    }

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "Renewed leases could not be told to the other directories: {Reason}")]
    partial void NotShared(string reason);
}
