using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>The part file of a download, as the fetch sees it.</summary>
sealed class PartStore(PartFile part) : IPartStore
{
    public bool Has(long piece) => part.Has(piece);

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        part.Write(offset, data.Span);
        return ValueTask.CompletedTask;
    }

    public void Mark(long piece, ContentRoot hash) => part.Commit(piece, hash);
}
