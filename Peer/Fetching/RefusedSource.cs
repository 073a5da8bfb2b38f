using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>A source that must not be asked: it fails like one that was, so that it is named like all others.</summary>
sealed class RefusedSource(FetchFailure failure) : IBlockSource
{
    public Task<FetchFailure?> ReadAsync(long offset, long length, VerifiedSink sink, CancellationToken cancellationToken) =>
        Task.FromResult<FetchFailure?>(failure);
}
