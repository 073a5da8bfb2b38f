using P2P.Content;
using P2P.Peers.Dialing;

namespace P2P.Peers.Fetching;

/// <summary>Brings the sources that the directory names into a fetch, and tells at the end why they were not enough.</summary>
/// <param name="fetch">Who asks them.</param>
/// <param name="connect">Makes a source of a peer.</param>
/// <param name="own">Who serves the parts of this very fetch; null for nobody.</param>
sealed class SourceRoster(ContentFetch fetch, Func<SourcePeer, FetchSource> connect, string? own)
{
    readonly Lock _lock = new();
    readonly HashSet<string> _known = [];

    /// <summary>Some source failed in a way that may pass.</summary>
    public bool MayRecover => fetch.Sources.Any(s =>
        s.Fault is { Fault: FetchFault.Unavailable or FetchFault.Silent or FetchFault.Busy } || s.Pieces is { IsComplete: false });

    /// <returns>Whether any of them will be asked.</returns>
    public bool Offer(IReadOnlyList<SourcePeer> peers)
    {
        bool any = false;
        foreach (SourcePeer peer in peers.Where(IsAnother))
        {
            any |= fetch.Offer(connect(peer));
            IsNew(peer);
        }

        return any;
    }

    /// <summary>Adds those that are new while the fetch runs.</summary>
    public void Announce(IReadOnlyList<SourcePeer> peers)
    {
        foreach (SourcePeer peer in peers.Where(peer => IsAnother(peer) && IsNew(peer)))
            fetch.Announce(connect(peer));
    }

    bool IsAnother(SourcePeer peer) => !peer.Partial || peer.PeerId != own;

    bool IsNew(SourcePeer peer)
    {
        lock (_lock)
            return _known.Add(peer.PeerId);
    }

    /// <summary>The worst that happened gives the kind; every source is named.</summary>
    public FetchProblem Explain(ContentId content)
    {
        if (fetch.Sources.Count == 0)
            return new FetchProblem(FetchProblemKind.NotThere, $"No live peer shares {content.Root}.");
        FetchProblemKind kind = FetchProblemKind.NotThere;
        if (fetch.Sources.Any(s => s.Fault is { IsLie: true }))
            kind = FetchProblemKind.WrongBytes;
        else if (MayRecover)
            kind = FetchProblemKind.Unavailable;
        else if (fetch.Sources.Any(s => s.Fault is { Fault: FetchFault.Refused }))
            kind = FetchProblemKind.Refused;
        IEnumerable<string> said = fetch.Sources.Select(s => $"  {s.Name}: {s.Fault?.Message ?? "It has no more to give."}");
        string what = kind == FetchProblemKind.WrongBytes ? "It was refused, for a source sent wrong bytes." : "No source could serve it.";
        return new FetchProblem(kind, $"{what} What came is kept; the same command goes on from there.\n{string.Join('\n', said)}");
    }
}
