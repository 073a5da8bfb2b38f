using P2P.Content;
using P2P.Peers.Dialing;

namespace P2P.Peers.Fetching;

/// <summary>
/// A source that wants tickets. One that is refused, or that the source forgot meanwhile, is renewed once, and the read goes on where it
/// was. Reads in parallel share the new ticket.
/// </summary>
/// <param name="open">The source with a ticket.</param>
/// <param name="ticket">The first ticket; empty for none yet.</param>
/// <param name="renew">Asks the directory for a new one.</param>
sealed class TicketedBlocks(
    Func<string, IBlockSource> open, string ticket, Func<CancellationToken, Task<TicketAnswer>> renew) : IBlockSource
{
    readonly SemaphoreSlim _renewing = new(1);
    IBlockSource? _current = ticket.Length > 0 ? open(ticket) : null;

    public async Task<FetchFailure?> ReadAsync(long offset, long length, VerifiedSink sink, CancellationToken cancellationToken)
    {
        long at = offset, end = offset + length;
        for (bool first = true; ; first = false)
        {
            IBlockSource? blocks = Volatile.Read(ref _current);
            FetchFailure? failure = blocks is null
                ? new FetchFailure(FetchFault.TicketRefused, "The source wants a ticket.")
                : await blocks.ReadAsync(at, end - at, Take, cancellationToken);
            if (failure is not { Fault: FetchFault.TicketRefused })
                return failure;
            if (!first)
                return failure with { Fault = FetchFault.Refused };
            if (await RenewAsync(blocks, cancellationToken) is { } problem)
                return problem;
        }

        ValueTask Take(VerifiedBytes bytes, CancellationToken stop)
        {
            at = bytes.Offset + bytes.Data.Length;
            return sink(bytes, stop);
        }
    }

    async Task<FetchFailure?> RenewAsync(IBlockSource? refused, CancellationToken cancellationToken)
    {
        await _renewing.WaitAsync(cancellationToken);
        try
        {
            // Another read of the same source was faster.
            if (_current != refused)
                return null;
            TicketAnswer answer = await renew(cancellationToken);
            if (answer.Ticket is { } renewed)
                Volatile.Write(ref _current, open(renewed));
            return answer.Failure;
        }
        finally
        {
            _renewing.Release();
        }
    }
}
