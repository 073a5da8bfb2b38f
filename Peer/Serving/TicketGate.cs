using P2P.Content;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>Reads the keys that the directory signs tickets with.</summary>
interface ITicketKeys
{
    /// <summary>Has the verifier's keys read again, if that is not too soon after the last time.</summary>
    /// <returns>Whether they are fresh.</returns>
    Task<bool> RefreshAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Lets in who has a grant, or a ticket of the directory: for this source, this content, and the key that the caller proved in TLS. A
/// ticket counts once, and opens a grant. The directory is not asked, but for its keys when a ticket names one that is not known.
/// </summary>
/// <param name="ownPrint">The source's own print; null where it serves in the clear and everyone is let in.</param>
/// <param name="grants">What was redeemed.</param>
/// <param name="verifier">Verifies tickets.</param>
/// <param name="keys">Where its keys come from.</param>
sealed class TicketGate(string? ownPrint, GrantBook grants, TicketVerifier verifier, ITicketKeys keys)
{
    readonly Lock _redeeming = new();

    /// <summary>Whether callers need a ticket at all.</summary>
    public bool IsOpen => ownPrint is null;

    /// <param name="caller">Who asks.</param>
    /// <param name="ticket">What it shows; empty for none.</param>
    /// <param name="use">What for.</param>
    /// <param name="cancellationToken">Stops reading the directory's keys.</param>
    /// <returns>Null if it is let in, else why not.</returns>
    public async ValueTask<Status?> AdmitAsync(Caller caller, string ticket, GrantedUse use, CancellationToken cancellationToken)
    {
        if (ownPrint is null)
        {
            return null;
        }

        // Nobody is let in over TLS without a key; should that ever fail, it fails closed.
        if (caller.Print is not { } print)
        {
            return CatalogRefusal.NoTicket;
        }

        if (grants.TryUse(print, use))
        {
            return null;
        }

        if (ticket.Length == 0)
        {
            return CatalogRefusal.NoTicket;
        }

        var refusal = Redeem(print, ticket, use);
        if (refusal == TicketRefusal.UnknownKey && await keys.RefreshAsync(cancellationToken).ConfigureAwait(false))
        {
            refusal = Redeem(print, ticket, use);
        }

        return refusal == TicketRefusal.None ? null : CatalogRefusal.Ticket(refusal);
    }

    /// <summary>Whether one that was let in may go on; asking prolongs its grant.</summary>
    public bool Holds(Caller caller, GrantedUse use) => ownPrint is null || (caller.Print is { } print && grants.TryUse(print, use));

    // Together, for the first requests of a transfer come at once with the same ticket: who is second must find the grant.
    TicketRefusal Redeem(string print, string ticket, GrantedUse use)
    {
        lock (_redeeming)
        {
            if (grants.TryUse(print, use))
            {
                return TicketRefusal.None;
            }

            var refusal = verifier.Redeem(ticket, new TicketDemand(ownPrint!, print, use.Content, use.ForUpload));
            if (refusal == TicketRefusal.None)
            {
                grants.Open(print, use);
            }

            return refusal;
        }
    }
}
