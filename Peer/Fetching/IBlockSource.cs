using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>A place that a content can be read from, whose bytes are checked against the root before they are handed on.</summary>
public interface IBlockSource
{
    /// <summary>Reads a range that begins and ends at a piece's border.</summary>
    /// <returns>Null when all of it was handed over; else why the rest was not.</returns>
    /// <exception cref="OperationCanceledException">The caller's cancel.</exception>
    Task<FetchFailure?> ReadAsync(long offset, long length, VerifiedSink sink, CancellationToken cancellationToken);
}

/// <summary>One content of another peer's Catalog.</summary>
sealed class PeerBlocks(VerifiedSource source, ContentId content) : IBlockSource
{
    public Task<FetchFailure?> ReadAsync(long offset, long length, VerifiedSink sink, CancellationToken cancellationToken) =>
        source.FetchAsync(content, offset, length, sink, cancellationToken);
}
