using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>The unfinished file. Writes come from several threads; marks from one.</summary>
public interface IPartStore
{
    /// <summary>The piece was marked, in this run or an earlier one.</summary>
    bool Has(long piece);

    /// <summary>Writes verified bytes in their place.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Notes in the journal that all bytes of a piece are written.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    void Mark(long piece, ContentRoot hash);
}
