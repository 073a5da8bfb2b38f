using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;
using P2P.Server.Viewing;

namespace P2P.Server.Lines;

/// <summary>Makes a peer fetch, over its Control line, and passes its progress on.</summary>
sealed class FetchDesk(CatalogIndex index, SourceListing listing, Viewers viewers, LineRegistry lines, LineOptions options)
{
    public async Task RunAsync(
        FetchRequest request, Session caller, IServerStreamWriter<FetchResponse> writer, CancellationToken cancellationToken)
    {
        var line = lines.Require(Peer(request.PeerId, caller));
        if (!line.AcceptsFetch)
        {
            throw new RefusalException(ErrorReason.FetchOff, "The peer's daemon was started without a download folder.");
        }

        // The daemon is told a content, whatever else comes to have that root meanwhile.
        var content = listing.Resolve(ContentRoot.Parse(request.Root), request.HasLength ? request.Length : null, viewers.Of(caller));
        using var fetch = line.Fetch(new FetchRequest(request) { Length = content.Length })
            ?? throw RefusalException.Quota("fetches", $"A peer has at most {options.FetchesPerPeer} fetches at a time.");
        await foreach (var progress in fetch.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            await writer.WriteAsync(progress, cancellationToken).ConfigureAwait(false);
        }
    }

    LivePeer Peer(string peerId, Session caller)
    {
        var peer = index.Find(peerId) ?? throw new RefusalException(ErrorReason.NoSuchPeer, "No live peer has that peer_id.");
        return peer.Identity.User == caller.User
            ? peer
            : throw new RefusalException(ErrorReason.NotYours, "The peer is another account's.");
    }
}
