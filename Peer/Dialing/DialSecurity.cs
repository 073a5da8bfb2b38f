using P2P.Content;

namespace P2P.Peers.Dialing;

/// <summary>How other peers are dialled.</summary>
/// <param name="Own">Whom they see in TLS; asked for once TLS is spoken.</param>
/// <param name="Renew">Gets the tickets that they want.</param>
/// <param name="AllowPlaintext">Whether peers beyond this machine that serve without encryption are dialled at all.</param>
/// <param name="Time">The clock that certificates are held against.</param>
public sealed record DialSecurity(Func<NodeIdentity> Own, TicketRenewal Renew, bool AllowPlaintext, TimeProvider Time)
{
    /// <summary>Gets tickets for many contents at once; null where each is asked for by itself.</summary>
    public TicketBatch? RenewMany { get; init; }
}
