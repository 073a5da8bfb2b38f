using System.Text;

namespace P2P.Content;

/// <summary>
/// Verifies tickets at the source, without asking the directory, and redeems each once. Safe for several threads at once.
/// </summary>
/// <param name="clock">The directory's clock.</param>
/// <param name="mostRemembered">
/// Redeemed tickets that are remembered until they are over (at most two minutes); what comes beyond is refused as
/// <see cref="TicketRefusal.Busy"/>. About 250 bytes each.
/// </param>
public sealed class TicketVerifier(DirectoryClock clock, int mostRemembered = 100_000)
{
    const int SignatureBytes = 64;

    readonly NonceMemory _redeemed = new(mostRemembered);
    readonly Lock _lock = new();
    volatile TicketKeySet _keys = TicketKeySet.Empty;

    /// <summary>The keys that the directory publishes. To be read again when a ticket is refused as of an unknown key.</summary>
    public TicketKeySet Keys
    {
        get => _keys;
        set
        {
            lock (_lock)
            {
                _keys = value;
                _redeemed.Keep(value);
            }
        }
    }

    /// <summary>Verifies a ticket against what it has to be for, and redeems it: a second time it is refused.</summary>
    /// <returns><see cref="TicketRefusal.None"/> if it counts. A refused ticket is not used up.</returns>
    public TicketRefusal Redeem(string ticket, TicketDemand demand)
    {
        TicketKeySet keys = _keys;
        TicketRefusal refusal = Read(ticket, keys, out string keyId, out Ticket? read);
        if (refusal == TicketRefusal.None)
            refusal = Check(read!, demand);
        if (refusal != TicketRefusal.None)
            return refusal;
        lock (_lock)
        {
            // The time, too, is read under the lock: what another thread has forgotten by a later time must not seem young here.
            DateTimeOffset now = clock.Now;
            refusal = CheckTime(read!, now);
            return refusal == TicketRefusal.None ? _redeemed.Redeem(keyId, read!, now) : refusal;
        }
    }

    /// <summary>Verifies a ticket without redeeming it: for a question that has to be allowed, and does nothing.</summary>
    public TicketRefusal Peek(string ticket, TicketDemand demand)
    {
        TicketRefusal refusal = Read(ticket, _keys, out _, out Ticket? read);
        if (refusal == TicketRefusal.None)
            refusal = Check(read!, demand);
        return refusal == TicketRefusal.None ? CheckTime(read!, clock.Now) : refusal;
    }

    static TicketRefusal Read(string text, TicketKeySet keys, out string keyId, out Ticket? ticket)
    {
        (keyId, ticket) = ("", null);
        if (text.Length > Ticket.MostCharacters)
            return TicketRefusal.Malformed;
        int first = text.IndexOf('.', StringComparison.Ordinal), last = text.LastIndexOf('.');
        if (first < 0 || first == last || text.AsSpan(first + 1, last - first - 1).Contains('.')
            || !TicketText.TryReadHeader(text.AsSpan(0, first), out string? kid)
            || !TicketText.TryDecode(text.AsSpan(last + 1), out byte[]? signature) || signature.Length != SignatureBytes)
            return TicketRefusal.Malformed;
        keyId = kid;
        bool? isGood = keys.Verify(kid, Encoding.ASCII.GetBytes(text[..last]), signature);
        if (isGood != true)
            return isGood is null ? TicketRefusal.UnknownKey : TicketRefusal.Altered;
        return TicketText.TryReadClaims(text.AsSpan(first + 1, last - first - 1), out ticket) ? TicketRefusal.None : TicketRefusal.Malformed;
    }

    static TicketRefusal Check(Ticket ticket, TicketDemand demand) =>
        ticket.Audience != demand.Audience ? TicketRefusal.OtherAudience
        : demand.Subject is { } subject && ticket.Subject != subject ? TicketRefusal.OtherSubject
        : ticket.Content.Root != demand.Content.Root ? TicketRefusal.OtherRoot
        : ticket.Content.Length != demand.Content.Length ? TicketRefusal.OtherLength
        : ticket.ForUpload != demand.ForUpload ? TicketRefusal.OtherUse
        : demand.Users is { } users && !(ticket.User is { } user && users.Contains(user)) ? TicketRefusal.OtherUser
        : TicketRefusal.None;

    static TicketRefusal CheckTime(Ticket ticket, DateTimeOffset now)
    {
        TimeSpan tolerance = TimeSpan.FromSeconds(Ticket.ToleranceSeconds), life = ticket.Expires - ticket.Issued;
        if (life <= TimeSpan.Zero || life.TotalSeconds > Ticket.MostSeconds || now + tolerance < ticket.Issued)
            return TicketRefusal.NotYetValid;
        return now - tolerance >= ticket.Expires ? TicketRefusal.Expired : TicketRefusal.None;
    }
}
