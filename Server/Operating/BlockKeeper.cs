using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Operating;

/// <summary>Evicts and bars peers, takes roots down.</summary>
sealed class BlockKeeper(
    BlockTable blocks, SessionDesk desk, SessionTable sessions, CatalogIndex index, OperatorActs acts, KeyedLocks locks, TimeProvider time)
{
    /// <summary>Ends a peer's session; its daemon may log in again.</summary>
    public async Task EvictAsync(string @operator, string peerId)
    {
        var session = index.Find(peerId) is { } peer ? sessions.Of(peer) : null;
        if (session is null)
        {
            throw new RefusalException(ErrorReason.NoSuchPeer, "No live peer has that identifier.");
        }

        await acts.CommitAsync(@operator, nameof(Operator.OperatorBase.EvictPeer), peerId, "").ConfigureAwait(false);
        await desk.ForgetAsync(session).ConfigureAwait(false);
    }

    /// <summary>Bars a peer, online or not, and ends the sessions that have its key; or lifts that.</summary>
    public async Task BanAsync(string @operator, BanPeerRequest request, CancellationToken cancellationToken)
    {
        // Under the peer's lock: a login that is under way is either here to be ended, or finds the ban.
        using (await locks.EnterAsync(cancellationToken, KeyedLocks.Peer(request.PeerId)).ConfigureAwait(false))
        {
            await SetAsync(@operator, nameof(Operator.OperatorBase.BanPeer), request.PeerId, isRoot: false, request.Lift, request.Reason).ConfigureAwait(false);
        }

        foreach (var session in request.Lift ? [] : sessions.OfKey(request.PeerId))
        {
            await desk.ForgetAsync(session).ConfigureAwait(false);
        }
    }

    /// <summary>Hides a root from every answer, or shows it again.</summary>
    public Task TakeDownAsync(string @operator, TakeDownRequest request) =>
        SetAsync(@operator, nameof(Operator.OperatorBase.TakeDown), request.Root, isRoot: true, request.Lift, request.Reason);

    async Task SetAsync(string @operator, string action, string target, bool isRoot, bool isLifted, string reason)
    {
        if (isLifted)
        {
            var lifted = new BlockLifted(target, isRoot);
            await acts.CommitAsync(@operator, action + " lift", target, reason, lifted).ConfigureAwait(false);
            blocks.Lift(lifted);
            return;
        }

        var block = new BlockSaved(target, isRoot, reason, @operator, time.GetUtcNow());
        await acts.CommitAsync(@operator, action, target, reason, block).ConfigureAwait(false);
        blocks.Put(block);
    }
}
