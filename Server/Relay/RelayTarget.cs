using P2P.Content;
using P2P.Server.Catalogs;

namespace P2P.Server.Relay;

/// <summary>A peer that may have what is wanted, and under which path.</summary>
readonly record struct RelaySource(LivePeer Peer, string Path);

/// <summary>What is to be downloaded, and from whom it can come.</summary>
/// <param name="Content">Null for a name of which no more is known: then a source is asked what it is.</param>
/// <param name="Name">The base name that the download gets.</param>
/// <param name="Sources">At least one, the first to be tried first.</param>
sealed record RelayTarget(ContentId? Content, string Name, IReadOnlyList<RelaySource> Sources);
