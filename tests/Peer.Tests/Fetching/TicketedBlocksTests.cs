using P2P.Content;
using P2P.Peers.Dialing;
using P2P.Peers.Fetching;

namespace P2P.Peers.Tests.Fetching;

public sealed class TicketedBlocksTests
{
    readonly List<(string Ticket, long Offset, long Length)> _reads = [];
    readonly List<long> _taken = [];
    int _renewals;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_NoTicketYet_AsksForOneFirst()
    {
        Assert.Null(await Blocks("").ReadAsync(0, 100, Sink, Cancel));

        Assert.Equal([("new-1", 0, 100)], _reads);
    }

    [Fact]
    public async Task Read_RefusedInTheMiddle_GoesOnWhereItWas()
    {
        Assert.Null(await Blocks("over after 40").ReadAsync(0, 100, Sink, Cancel));

        Assert.Equal([("over after 40", 0, 100), ("new-1", 40, 60)], _reads);
        Assert.Equal([0, 40], _taken);
    }

    [Fact]
    public async Task Read_RefusedAgain_GivesTheSourceUp()
    {
        FetchFailure? failure = await Blocks("bad", _ => "bad").ReadAsync(0, 100, Sink, Cancel);

        Assert.Equal((FetchFault.Refused, 2, 1), (failure!.Fault, _reads.Count, _renewals));
    }

    [Fact]
    public async Task Read_DirectoryIsAway_MayBeTriedAgain()
    {
        FetchFailure? failure = await Blocks("bad", _ => null).ReadAsync(0, 100, Sink, Cancel);

        Assert.Equal(FetchFault.Unavailable, failure!.Fault);
    }

    [Fact]
    public async Task Read_ManyAtOnceRefused_RenewOnce()
    {
        TicketedBlocks blocks = Blocks("bad");

        FetchFailure?[] failures = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => blocks.ReadAsync(i * 100, 100, Sink, Cancel)));

        Assert.All(failures, Assert.Null);
        Assert.Equal(1, _renewals);
    }

    TicketedBlocks Blocks(string ticket, Func<int, string?>? renew = null) => new(
        shown => new Source(this, shown), ticket, async stop =>
        {
            await Task.Yield();
            string? renewed = renew is null ? $"new-{++_renewals}" : renew(++_renewals);
            return new TicketAnswer(renewed, renewed is null ? new FetchFailure(FetchFault.Unavailable, "Away.") : null);
        });

    ValueTask Sink(VerifiedBytes bytes, CancellationToken stop)
    {
        lock (_taken)
            _taken.Add(bytes.Offset);
        return ValueTask.CompletedTask;
    }

    sealed class Source(TicketedBlocksTests test, string ticket) : IBlockSource
    {
        public async Task<FetchFailure?> ReadAsync(long offset, long length, VerifiedSink sink, CancellationToken cancellationToken)
        {
            await Task.Yield();
            lock (test._reads)
                test._reads.Add((ticket, offset, length));
            int sent = ticket switch { "bad" => 0, "over after 40" => 40, _ => (int)length };
            if (sent > 0)
                await sink(new VerifiedBytes(offset, new byte[sent], default), cancellationToken);
            return sent == length ? null : new FetchFailure(FetchFault.TicketRefused, "No.");
        }
    }
}
