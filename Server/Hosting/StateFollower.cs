using P2P.Server.Accounts;
using P2P.Server.Operating;
using P2P.Server.Store;
using P2P.Server.Tickets;

namespace P2P.Server.Hosting;

/// <summary>Keeps this directory's memory at what the others of a shared store commit.</summary>
sealed partial class StateFollower(
    ISharedStore store, AccountTable accounts, AccessPolicy access, TicketKeyring tickets, GivenTickets grants, OperatorMemory operators, FollowedCatalogs catalogs,
    FollowedSessions sessions, IHostApplicationLifetime lifetime, ILogger<StateFollower> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await store.FollowAsync(ApplyAsync, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
        catch (StoreUnusableException failure)
        {
            // What it would answer from now on is old, and would get older: better none.
            CannotFollow(failure.Message);
            Environment.ExitCode = ExitCodes.Store;
            lifetime.StopApplication();
        }
    }

    async Task ApplyAsync(SharedEntry entry, CancellationToken cancellationToken)
    {
        foreach (var change in entry.Changes)
        {
            switch (change)
            {
                case SettingSaved setting:
                    access.Apply(setting);
                    tickets.Apply(setting);
                    break;
                case AccountSaved account:
                    accounts.Put(account);
                    break;
                case InvitationSaved invitation:
                    accounts.Put(invitation);
                    break;
                case InvitationSpent spent:
                    accounts.Spend(spent.CodeHash);
                    break;
                case BlockSaved or BlockLifted or AuditSaved or AuditForgotten:
                    operators.Apply(change);
                    break;
                case HeadSaved head:
                    await catalogs.ApplyAsync(head, entry.Number, cancellationToken).ConfigureAwait(false);
                    break;
                case BatchSaved batch:
                    catalogs.Apply(batch, entry.Number);
                    break;
                case CatalogDropped dropped:
                    catalogs.Apply(dropped);
                    break;
                case SessionSaved saved:
                    sessions.Apply(saved);
                    break;
                case SessionEnded ended:
                    sessions.Apply(ended);
                    break;
                case SessionForgotten forgotten:
                    sessions.Apply(forgotten);
                    break;
                case LeasesRenewed renewed:
                    sessions.Apply(renewed);
                    break;
                case GrantsRevoked revoked:
                    grants.Apply(revoked);
                    break;
                case StagedDropped:
                    break;
                default:
                    throw new StoreUnusableException($"This program cannot follow a {change.GetType().Name}. Start the newer program.");
            }
        }
    }

    [LoggerMessage(EventId = 122, Level = LogLevel.Critical, Message = "The directory stops, because it cannot follow the others: {Reason}")]
    partial void CannotFollow(string reason);
}
