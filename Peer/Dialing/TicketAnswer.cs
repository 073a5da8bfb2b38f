using P2P.Content;

namespace P2P.Peers.Dialing;

/// <summary>A new ticket, or why there is none; one of the two is set.</summary>
public readonly record struct TicketAnswer(string? Ticket, FetchFailure? Failure);

/// <summary>Asks the directory for a new ticket.</summary>
/// <param name="peer">For which peer.</param>
/// <param name="content">For which content.</param>
/// <param name="forUpload">To send it there, as against fetching it.</param>
/// <param name="cancellation">The caller's cancel, which throws.</param>
public delegate Task<TicketAnswer> TicketRenewal(SourcePeer peer, ContentId content, bool forUpload, CancellationToken cancellation);
