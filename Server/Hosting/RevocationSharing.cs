using P2P.Server.Store;
using P2P.Server.Tickets;

namespace P2P.Server.Hosting;

/// <summary>Tells the other directories of a shared store whose grants are to end, at sources whose lines are not here.</summary>
sealed partial class RevocationSharing(
    RevocationNews news, IDirectoryStore store, TimeProvider time, ILogger<RevocationSharing> log) : BackgroundService
{
    const int MostAtOnce = 1000;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await ShareAsync(await news.TakeAsync(MostAtOnce, stoppingToken).ConfigureAwait(false), stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left ends with the grants' own time.
        }
    }

    async Task ShareAsync(IReadOnlyList<GrantsRevoked> revoked, CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await store.CommitAsync([.. revoked]).ConfigureAwait(false);
                return;
            }
            catch (StoreWriteException failure)
            {
                // To be told twice does no harm.
                NotShared(failure.Message);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(EventId = 202, Level = LogLevel.Warning, Message = "Revoked grants could not be told to the other directories yet: {Reason}")]
    partial void NotShared(string reason);
}
