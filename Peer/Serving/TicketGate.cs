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

/// <summary>Whom a source lets in.</summary>
/// <param name="OwnPrint">Its own print, which tickets for it name.</param>
/// <param name="IsTls">Whether callers are known by their keys, and need a ticket for all that they ask; in the clear everyone may fetch.</param>
/// <param name="Senders">The accounts that may send, by their tickets; null for whoever is let in.</param>
sealed record TicketDoor(string OwnPrint, bool IsTls, IReadOnlySet<string>? Senders = null);

/// <summary>
/// Lets in who has a grant, or a ticket of the directory: for this source, this content, and the key that the caller proved in TLS. A
/// ticket counts once, and opens a grant. The directory is not asked, but for its keys when a ticket names one that is not known.
/// </summary>
/// <param name="door">Whom it is for.</param>
/// <param name="grants">What was redeemed.</param>
/// <param name="verifier">Verifies tickets.</param>
/// <param name="keys">Where its keys come from.</param>
sealed class TicketGate(TicketDoor door, GrantBook grants, TicketVerifier verifier, ITicketKeys keys)
{
    readonly Lock _redeeming = new();

    /// <summary>Whether callers need a ticket at all.</summary>
    public bool IsOpen => !door.IsTls;

    /// <param name="caller">Who asks.</param>
    /// <param name="ticket">What it shows; empty for none.</param>
    /// <param name="use">What for.</param>
    /// <param name="isQuestion">It asks only: in the clear, the ticket must be good, and is not used up.</param>
    /// <param name="cancellationToken">Stops reading the directory's keys.</param>
    /// <returns>Null if it is let in, else why not.</returns>
    public async ValueTask<Status?> AdmitAsync(
        Caller caller, string ticket, GrantedUse use, CancellationToken cancellationToken, bool isQuestion = false)
    {
        if (!door.IsTls)
        {
            return use.ForUpload && door.Senders is not null ? await InTheClearAsync(ticket, use, isQuestion, cancellationToken).ConfigureAwait(false) : null;
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

        return await VerifyAsync(ticket, () => Redeem(print, ticket, use), cancellationToken).ConfigureAwait(false);
    }

    // There no key is proved: a ticket counts for whoever shows it, once, and opens no grant.
    ValueTask<Status?> InTheClearAsync(string ticket, GrantedUse use, bool isQuestion, CancellationToken cancellationToken) =>
        VerifyAsync(
            ticket,
            () => isQuestion ? verifier.Peek(ticket, Demand(subject: null, use)) : verifier.Redeem(ticket, Demand(subject: null, use)),
            cancellationToken);

    async ValueTask<Status?> VerifyAsync(string ticket, Func<TicketRefusal> verify, CancellationToken cancellationToken)
    {
        if (ticket.Length == 0)
        {
            return CatalogRefusal.NoTicket;
        }

        var refusal = verify();
        if (refusal == TicketRefusal.UnknownKey && await keys.RefreshAsync(cancellationToken).ConfigureAwait(false))
        {
            refusal = verify();
        }

        return refusal == TicketRefusal.None ? null : CatalogRefusal.Ticket(refusal);
    }

    TicketDemand Demand(string? subject, GrantedUse use) =>
        new(door.OwnPrint, subject, use.Content, use.ForUpload, use.ForUpload ? door.Senders : null);

    /// <summary>Whether one that was let in may go on; asking prolongs its grant.</summary>
    public bool Holds(Caller caller, GrantedUse use) => !door.IsTls || (caller.Print is { } print && grants.TryUse(print, use));

    // Together, for the first requests of a transfer come at once with the same ticket: who is second must find the grant.
    TicketRefusal Redeem(string print, string ticket, GrantedUse use)
    {
        lock (_redeeming)
        {
            if (grants.TryUse(print, use))
            {
                return TicketRefusal.None;
            }

            var refusal = verifier.Redeem(ticket, Demand(print, use));
            if (refusal == TicketRefusal.None)
            {
                grants.Open(print, use);
            }

            return refusal;
        }
    }
}
