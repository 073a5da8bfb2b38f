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
    readonly Lock _lock = new();
    Task<FetchFailure?>? _renewal;
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

    // One for all reads; it ends by the directory's time limit, not with the read that asked for it first.
    Task<FetchFailure?> RenewAsync(IBlockSource? refused, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Another read of the same source was faster.
            if (_current != refused)
                return Task.FromResult<FetchFailure?>(null);
            _renewal ??= AskAsync();
            return _renewal.WaitAsync(cancellationToken);
        }
    }

    async Task<FetchFailure?> AskAsync()
    {
        await Task.Yield();
        try
        {
            TicketAnswer answer = await renew(CancellationToken.None);
            if (answer.Ticket is { } renewed)
                Volatile.Write(ref _current, open(renewed));
            return answer.Failure;
        }
        finally
        {
            lock (_lock)
                _renewal = null;
        }
    }
}
