using Grpc.Core;
using P2P.Content;
using P2P.Peers.Session;

namespace P2P.Peers.Dialing;

/// <summary>A new ticket, or why there is none; one of the two is set.</summary>
public readonly record struct TicketAnswer(string? Ticket, FetchFailure? Failure)
{
    /// <summary>A failure of the directory, as one of the source: so that the transfer can go on with others, or later.</summary>
    internal static TicketAnswer Of(RpcException error)
    {
        FetchFault fault = CallFailure.Of(error).IsTransient ? FetchFault.Unavailable
            : error.StatusCode == StatusCode.NotFound ? FetchFault.NotThere : FetchFault.Refused;
        return new TicketAnswer(null, new FetchFailure(fault, $"There is no ticket for it. {RpcFailures.Explain(error, "The directory").Message}"));
    }
}

/// <summary>Asks the directory for a new ticket.</summary>
/// <param name="peer">For which peer.</param>
/// <param name="content">For which content.</param>
/// <param name="forUpload">To send it there, as against fetching it.</param>
/// <param name="cancellation">The caller's cancel, which throws.</param>
public delegate Task<TicketAnswer> TicketRenewal(SourcePeer peer, ContentId content, bool forUpload, CancellationToken cancellation);

/// <summary>Asks the directory for tickets to fetch many contents from one peer.</summary>
/// <param name="peer">For which peer.</param>
/// <param name="contents">At least one.</param>
/// <param name="cancellation">The caller's cancel, which throws.</param>
/// <returns>One for each, in order; empty where there is none. The list may end early.</returns>
public delegate Task<IReadOnlyList<string>> TicketBatch(SourcePeer peer, IReadOnlyList<ContentId> contents, CancellationToken cancellation);
