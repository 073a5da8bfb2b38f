namespace P2P.Content;

/// <summary>The bytes of a range as a source sends them: in order and without gaps, else unverified.</summary>
interface IRangeBytes : IDisposable
{
    /// <summary>The next bytes, good until the next call; never more than the range has.</summary>
    /// <returns>Empty at the end, with what failed unless the source ended by itself.</returns>
    ValueTask<(ReadOnlyMemory<byte> Bytes, FetchFailure? Failure)> NextAsync();
}
