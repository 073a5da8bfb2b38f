using P2P.Content;

namespace P2P.Peers.Serving;

/// <summary>A content that is open for reading, whole or in part.</summary>
interface IServedContent : IDisposable
{
    ContentId Content { get; }

    /// <summary>Whether all of a range is here.</summary>
    bool Covers(long offset, long count);

    /// <summary>Fills the buffer from an offset; the range lies within the content.</summary>
    /// <returns>Null, or why the bytes must not be used.</returns>
    Google.Rpc.Status? Read(Span<byte> buffer, long offset);
}
