using System.Net;
using P2P.Peers.Pacing;

namespace P2P.Peers.Serving;

/// <summary>How the Catalog service is offered.</summary>
sealed record ServingOptions
{
    /// <summary>Where it listens. Default 127.0.0.1.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Its port; null for 5001, or the next one that is free.</summary>
    public int? Port { get; init; }

    /// <summary>
    /// Whether others are served over TLS only, each known by its key. Default false, which is right on loopback, and elsewhere
    /// only where the network is trusted.
    /// </summary>
    public bool Tls { get; init; }

    /// <summary>Downloads served at once. Default 32.</summary>
    public int UploadSlots { get; init; } = 32;

    /// <summary>
    /// Peers whose downloads go first in the queue, by the beginnings of their identifiers. Only who calls over TLS is known. Default: none.
    /// </summary>
    public IReadOnlyList<string> Preferred { get; init; } = [];

    public bool IsPreferred(string caller) => Preferred.Any(peer => caller.StartsWith(peer, StringComparison.Ordinal));

    /// <summary>Bytes a second of all downloads together. Default: no limit.</summary>
    public RateSchedule Limit { get; init; } = RateSchedule.None;

    /// <summary>Bytes a second of the downloads of one peer. Default: no limit.</summary>
    public RateSchedule LimitEach { get; init; } = RateSchedule.None;

    /// <summary>What a downloader is told to wait when all slots are taken; longer further back in the queue. Default 2 s.</summary>
    public TimeSpan SlotRetry { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A downloader that takes no message, or an uploader that sends none, for this long is cut off. Default 60 s.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections at once from one address, of the 1,000 in all; an IPv6 network of 64 bits is one. Default 500; 0 for no limit.</summary>
    public int ConnectionsPerAddress { get; init; } = 500;

    /// <summary>Streams at once from one address, over all its connections and of all calls together. Default 1,000; 0 for no limit.</summary>
    public int StreamsPerAddress { get; init; } = 1000;

    /// <summary>Bytes of a Download message where the client leaves it to us. Default 256 KiB.</summary>
    public int ChunkLength { get; init; } = 256 * 1024;
}
