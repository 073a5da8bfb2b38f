namespace P2P.Peers.Fetching;

/// <summary>A place that a content can be read from, whose bytes are checked against the root before they are handed on.</summary>
public interface IBlockSource
{
    /// <summary>Reads a range that begins and ends at a piece's border.</summary>
    /// <returns>Null when all of it was handed over; else why the rest was not.</returns>
    /// <exception cref="OperationCanceledException">The caller's cancel.</exception>
    Task<SourceFault?> ReadAsync(long offset, long length, IBlockReceiver receiver, CancellationToken cancellationToken);
}

/// <summary>Takes what a source sends.</summary>
public interface IBlockReceiver
{
    /// <summary>Bytes came and wait to be verified: the source is alive.</summary>
    void Arrived(int bytes);

    /// <summary>
    /// Takes verified bytes, which come in order and without gaps. The memory is good only until the call returns.
    /// </summary>
    ValueTask TakeAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}
