using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>A source of one transfer, and what it did for it.</summary>
public sealed class FetchSource(string key, string name, IBlockSource blocks)
{
    long _bytes;

    /// <summary>Tells it from others: the peer's identifier.</summary>
    public string Key => key;

    /// <summary>For people: account, name or address. May hold foreign text.</summary>
    public string Name => name;

    /// <summary>How it is read; replaced when the directory gives a new ticket.</summary>
    public IBlockSource Blocks { get; internal set; } = blocks;

    /// <summary>Which pieces it has; null for all.</summary>
    public PieceMap? Pieces { get; init; }

    /// <summary>Verified bytes that it sent.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Requests that ended in bytes that are not the content's.</summary>
    public int Rejected { get; internal set; }

    /// <summary>Its last failure; null if it never failed.</summary>
    public FetchFailure? Fault { get; internal set; }

    internal void Count(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
