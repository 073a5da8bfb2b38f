using Grpc.Core;
using P2P.Peers.Pacing;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>One call's answer: cuts ranges into chunks, and sends each when its turn has come.</summary>
/// <param name="chunks">In what form they go out.</param>
/// <param name="chunk">Bytes of a chunk.</param>
/// <param name="idle">Ends the call when nobody reads.</param>
/// <param name="paces">The limits that it keeps to.</param>
sealed class RangeAnswer(IChunkWriter chunks, int chunk, IdleGuard idle, RatePace[] paces)
{
    const int SentTogether = 64 * 1024;

    bool _isLast;
    int _unsent;

    public CancellationToken Token => idle.Token;

    /// <summary>What comes belongs to this range of the request.</summary>
    public void Begin(int number, bool isLast)
    {
        chunks.Begin(number);
        _isLast = isLast;
    }

    public async Task FailAsync(Status refusal)
    {
        await chunks.FailAsync(refusal, idle.Token).ConfigureAwait(false);
        idle.Touch();
    }

    /// <summary>Sends a range that is there. An empty one has a chunk too, so that the client sees that it was served.</summary>
    /// <param name="content">Where it is read from.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="count">Its bytes.</param>
    /// <param name="mayGoOn">Whether the caller may still have it.</param>
    public async Task SendAsync(IServedContent content, long offset, long count, Func<bool> mayGoOn)
    {
        var isFirst = true;
        chunks.Promise(content, offset, count);
        do
        {
            var length = paces.Aggregate((int)Math.Min(isFirst ? Math.Min(chunk, chunks.MostAtFirst) : chunk, count), (most, pace) => pace.Fit(most));
            await WaitForTurnAsync(length).ConfigureAwait(false);
            try
            {
                if (!mayGoOn())
                {
                    throw new UnreadableException(CatalogRefusal.NoTicket);
                }

                await chunks.WriteAsync(content, offset, length, MayWait(length, isEnd: length == count), idle.Token).ConfigureAwait(false);
            }
            catch (UnreadableException unreadable) when (isFirst)
            {
                await FailAsync(unreadable.Refusal).ConfigureAwait(false);
                return;
            }
            catch (UnreadableException unreadable)
            {
                throw unreadable.Refusal.ToRpcException();
            }

            idle.Touch();
            offset += length;
            count -= length;
            isFirst = false;
        }
        while (count > 0);
    }

    // Our own waiting is no idleness of the caller.
    async ValueTask WaitForTurnAsync(int length)
    {
        foreach (var pace in paces)
        {
            var turn = pace.WaitAsync(length, idle.Token);
            if (!turn.IsCompleted)
            {
                await turn.ConfigureAwait(false);
                idle.Touch();
            }
        }
    }

    // Small ranges are sent together, not each for itself.
    bool MayWait(int length, bool isEnd)
    {
        _unsent += length;
        var waits = isEnd && !_isLast && _unsent < SentTogether;
        _unsent = waits ? _unsent : 0;
        return waits;
    }
}
