namespace P2P.Content;

/// <summary>How a source is read.</summary>
public sealed record VerifiedSourceOptions
{
    /// <summary>
    /// How long a source may take for an answer, and for each further 16 KiB. The time that the receiver of the bytes takes does not
    /// count.
    /// </summary>
    public Inactivity Silence { get; init; } = Inactivity.Default;

    /// <summary>
    /// Blocks whose hashes are asked for at once, a power of two. Default 1,024, which is 16 MiB of content. From a source that has only
    /// some pieces no more than a piece's.
    /// </summary>
    public int ProofBlocks { get; init; } = 1024;

    /// <summary>Bytes of one message to ask for. 16 KiB to 1 MiB; default 256 KiB.</summary>
    public int ChunkLength { get; init; } = 256 * 1024;
}
