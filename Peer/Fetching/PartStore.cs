using P2P.Content;
using P2P.Peers.Pacing;

namespace P2P.Peers.Fetching;

/// <summary>The part file of a download, as the fetch sees it.</summary>
sealed class PartStore(PartFile part, ISharedPart? shared, RatePace pace) : IPartStore
{
    public bool Has(long piece) => part.Has(piece);

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        part.Write(offset, data.Span);
        // What comes is not taken further until its turn is over, so that the source slows down.
        return pace.WaitAsync(data.Length, cancellationToken);
    }

    public void Mark(long piece, ContentRoot hash)
    {
        try
        {
            part.Commit(piece, hash);
        }
        catch (IOException e)
        {
            throw new LocalDiskException(e);
        }

        shared?.Add(piece);
    }
}
