using System.Net;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Benchmarks.Search;

/// <summary>Peers that share the corpus, in the directory's own state.</summary>
sealed class Network
{
    const int BatchSize = 1000;

    readonly Random _random = new(7);

    public CatalogIndex Index { get; } = new();

    public List<LivePeer> Peers { get; } = [];

    /// <summary>Publishes as a peer does, batch by batch; what is measured excludes making the requests.</summary>
    public TimeSpan Publish(string peerId, string[] paths, Func<TimeSpan> clock)
    {
        var identity = new PeerIdentity(
            peerId, "user-" + peerId, "", new PeerEndpoint(IPAddress.Loopback, 5001, secure: false), [], true, DateTimeOffset.UnixEpoch, null);
        var peer = new LivePeer(identity, PeerCatalog.Empty);
        var batches = paths.Chunk(BatchSize).Select(batch => batch.Select(Entry).ToArray()).ToList();
        var before = clock();
        Index.Add(peer);
        Peers.Add(peer);
        foreach (var batch in batches)
        {
            Index.Apply(peer, peer.Catalog.Apply(batch, []));
        }

        return clock() - before;
    }

    FileEntry Entry(string path)
    {
        var root = new byte[32];
        _random.NextBytes(root);
        return new FileEntry
        {
            Path = path,
            Size = _random.NextInt64(1L << 32),
            Root = Convert.ToHexStringLower(root),
            Time = new() { Seconds = 1_600_000_000 + _random.Next(100_000_000) },
        };
    }
}
