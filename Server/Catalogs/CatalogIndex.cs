using P2P.Content;
using P2P.Server.Search.Postings;
using P2P.Server.Viewing;

namespace P2P.Server.Catalogs;

/// <summary>
/// The live peers and what they share: the state that answers every read. Readers take an immutable list of peers, each with an
/// immutable catalog, and never wait. Whoever changes one peer holds that peer's lock in <see cref="Sessions.KeyedLocks"/>.
/// </summary>
/// <param name="policy">How the index of names is kept in shape.</param>
sealed class CatalogIndex(MergePolicy? policy = null)
{
    readonly Lock _listLock = new();
    readonly ContentCount _contents = new();
    volatile PeerList _peers = PeerList.Empty;
    long _files;
    long _totalSize;

    /// <summary>The same peers' names, ready to be searched.</summary>
    public NameIndex Names { get; } = new(policy ?? new MergePolicy());

    public long FileCount => Interlocked.Read(ref _files);

    public long TotalSize => Interlocked.Read(ref _totalSize);

    public long ContentCount => _contents.Value;

    /// <summary>The live peers in the order in which they are listed.</summary>
    public IReadOnlyList<LivePeer> Peers => _peers.Ordered;

    public LivePeer? Find(string peerId) => _peers.ById.GetValueOrDefault(peerId);

    /// <summary>The peers at an address; several only if they are not reachable there.</summary>
    public IReadOnlyList<LivePeer> At(string ip, int port) => _peers.At(ip, port);

    /// <summary>The lengths under which live peers hold a root, as far as the viewer sees them, ascending.</summary>
    public IReadOnlyList<long> Lengths(ContentRoot root, Viewer? viewer = null) =>
        [.. new SortedSet<long>(WithRoot(root, viewer).Select(found => found.File.Segment.Size(found.File.Index)).Where(size => size >= 0))];

    /// <summary>The live peers that hold a content, each with the first of its files, by path, that does.</summary>
    public IReadOnlyList<(LivePeer Peer, FileRef File)> Holders(ContentId content, Viewer? viewer = null)
    {
        var holders = new Dictionary<LivePeer, FileRef>();
        foreach (var (peer, file) in WithRoot(content.Root, viewer))
        {
            if (file.Segment.Size(file.Index) == content.Length
                && (!holders.TryGetValue(peer, out var known) || file.Segment.Compare(file.Index, known.Segment, known.Index) < 0))
            {
                holders[peer] = file;
            }
        }

        return [.. holders.Select(holder => (holder.Key, holder.Value))];
    }

    IEnumerable<(LivePeer Peer, FileRef File)> WithRoot(ContentRoot root, Viewer? viewer) =>
        Names.Snapshot.WithRoot(root).Where(found => found.Peer.Online && viewer?.Sees(found.Peer, found.File) != false);

    /// <summary>Lists a peer with its catalog.</summary>
    public void Add(LivePeer peer)
    {
        _contents.Add(peer.Catalog.Contents());
        Count(peer.Catalog, 1);
        lock (_listLock)
        {
            _peers = _peers.With(peer);
        }

        Names.Put(peer, peer.Catalog);
    }

    /// <summary>Takes a peer off the list, and then what it has from the index; no answer that begins after this names it.</summary>
    public void Remove(LivePeer peer)
    {
        peer.Online = false;
        lock (_listLock)
        {
            _peers = _peers.Without(peer);
        }

        Names.Remove(peer);

        Count(peer.Catalog, -1);
        foreach (var content in peer.Catalog.Contents())
        {
            _contents.Remove(content);
        }

        // The book of leases holds ended sessions until their buckets come up: not with all their files.
        peer.Catalog = peer.Catalog.WithoutFiles();
    }

    /// <summary>Makes a batch visible.</summary>
    public void Apply(LivePeer peer, CatalogChange change) => Apply(peer, change.Catalog, change.Added, change.Removed);

    void Apply(LivePeer peer, PeerCatalog catalog, IEnumerable<ContentId> added, IReadOnlyList<ContentId> removed)
    {
        _contents.Add(added);
        // At once, so that nobody who asks for less than all of a quota finds too little for a moment.
        Interlocked.Add(ref _files, catalog.FileCount - peer.Catalog.FileCount);
        Interlocked.Add(ref _totalSize, catalog.TotalSize - peer.Catalog.TotalSize);
        peer.Catalog = catalog;
        Names.Put(peer, catalog);
        foreach (var content in removed)
        {
            _contents.Remove(content);
        }
    }

    /// <summary>Exchanges all that a peer shares.</summary>
    public void Replace(LivePeer peer, PeerCatalog catalog) =>
        Apply(peer, catalog, catalog.Contents(), [.. peer.Catalog.Contents()]);

    void Count(PeerCatalog catalog, int sign)
    {
        Interlocked.Add(ref _files, sign * catalog.FileCount);
        Interlocked.Add(ref _totalSize, sign * catalog.TotalSize);
    }
}
