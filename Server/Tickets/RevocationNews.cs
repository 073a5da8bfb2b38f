using System.Threading.Channels;
using P2P.Server.Store;

namespace P2P.Server.Tickets;

/// <summary>Revocations that the other directories of a shared store are still to be told, the oldest first.</summary>
/// <param name="isShared">Whether there can be others; else nothing is kept.</param>
sealed class RevocationNews(bool isShared)
{
    /// <summary>While the store is away; what is beyond them ends with the grants' own time.</summary>
    const int Most = 100_000;

    readonly Channel<GrantsRevoked> _news = Channel.CreateBounded<GrantsRevoked>(
        new BoundedChannelOptions(Most) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    public void Add(GrantsRevoked revoked)
    {
        if (isShared)
        {
            _news.Writer.TryWrite(revoked);
        }
    }

    /// <summary>What there is, as soon as there is some.</summary>
    /// <param name="most">No more than this at once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<GrantsRevoked>> TakeAsync(int most, CancellationToken cancellationToken)
    {
        var taken = new List<GrantsRevoked> { await _news.Reader.ReadAsync(cancellationToken).ConfigureAwait(false) };
        while (taken.Count < most && _news.Reader.TryRead(out var next))
        {
            taken.Add(next);
        }

        return taken;
    }
}
