using P2P.Server.Store;

namespace P2P.Server.Tickets;

/// <summary>Turns the keys that sign tickets, as time passes.</summary>
sealed partial class TicketKeyTurn(TicketKeyring keys, TimeProvider time, ILogger<TicketKeyTurn> log) : BackgroundService
{
    static readonly TimeSpan Tick = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await TurnAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The directory stops.
        }
    }

    async Task TurnAsync()
    {
        try
        {
            await keys.TurnAsync().ConfigureAwait(false);
        }
        catch (StoreWriteException exception)
        {
            // The old key goes on signing.
            NotStored(exception.Message);
        }
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Warning, Message = "A new key for tickets could not be stored: {Reason}")]
    partial void NotStored(string reason);
}
