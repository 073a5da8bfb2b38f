using System.Collections.Concurrent;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;

namespace P2P.Server.Lines;

/// <summary>The open lines, one for a peer's session at most.</summary>
sealed class LineRegistry
{
    readonly ConcurrentDictionary<LivePeer, ControlLine> _lines = new();

    public int Count => _lines.Count;

    /// <summary>All lines.</summary>
    public IEnumerable<ControlLine> All => _lines.Select(entry => entry.Value);

    /// <summary>A peer's line; null if it has none.</summary>
    public ControlLine? Find(LivePeer peer) => _lines.TryGetValue(peer, out var line) && line.Ended == LineEnd.None ? line : null;

    /// <summary>A peer's line.</summary>
    /// <exception cref="RefusalException">It has none.</exception>
    public ControlLine Require(LivePeer peer) => Find(peer)
        ?? throw new RefusalException(ErrorReason.NoControlLine, "The peer's daemon holds no Control line now.");

    /// <summary>Makes a line the one of its peer; an older one ends.</summary>
    public void Add(ControlLine line)
    {
        // Two that come at once: each takes out what it found, and the one that is left is the last to have come.
        ControlLine? older = null;
        _lines.AddOrUpdate(line.Peer, line, (_, found) =>
        {
            older = found;
            return line;
        });
        older?.End(LineEnd.Replaced);
    }

    /// <summary>Takes a line out, unless a newer one has its place.</summary>
    public void Remove(ControlLine line) => _lines.TryRemove(new KeyValuePair<LivePeer, ControlLine>(line.Peer, line));
}
