using P2P.Content;

namespace P2P.Server.Tickets;

/// <summary>Signs permissions, dated by the directory's clock. Whether one may be given is for the caller to know.</summary>
sealed class TicketIssuer(TicketKeyring keys, DirectoryClock clock)
{
    /// <param name="source">The source's <c>peer_id</c>, which it has proved.</param>
    /// <param name="downloader">The print of the key that the downloader shows to the source.</param>
    /// <param name="content">What it may fetch, or send.</param>
    /// <param name="sender">The account that may send it, as against fetching it; null to fetch.</param>
    public string Sign(string source, string downloader, ContentId content, string? sender = null)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(clock.Now.ToUnixTimeSeconds());
        return keys.Current.Sign(new Ticket(source, downloader, content, TicketKey.NewNonce(), now, now.AddSeconds(Ticket.MostSeconds), sender is not null, sender));
    }
}
