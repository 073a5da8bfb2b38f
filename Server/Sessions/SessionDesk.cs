using System.Net;
using System.Security.Cryptography;
using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Catalogs;
using P2P.Server.Dialing;
using P2P.Server.Store;

namespace P2P.Server.Sessions;

/// <summary>Who asks for a session, as it was decoded.</summary>
/// <param name="Peer">Where it is reached, and what it said of itself; null for a reader. Without a <c>peer_id</c> and without the key's proof.</param>
/// <param name="Files">What it shares, if it said so.</param>
sealed record Arrival(LoginRequest Request, PeerIdentity? Peer, IReadOnlyList<FileEntry>? Files)
{
    /// <summary>The address that the call came from.</summary>
    public string Source { get; init; } = "";
}

/// <summary>A session and its token, which is shown once.</summary>
sealed record Welcome(Session Session, string Token, HeldCatalog Held);

/// <summary>Opens, renews and ends sessions.</summary>
sealed class SessionDesk(
    SessionTable sessions, CatalogTable catalogs, CatalogIndex index, AccountDesk accounts, SessionLimits limits, DialBack dialBack,
    SessionState state)
{
    /// <summary>
    /// 1. Check who it is, outside of any lock: it takes long. 2. Dial it, once: so does that. 3. Take the locks of all that the login
    /// touches. 4. Start anew if the account changed meanwhile. 5. See whose place it takes. 6. Commit. 7. Apply.
    /// </summary>
    public async Task<Welcome> LoginAsync(Arrival arrival, CancellationToken cancellationToken)
    {
        var keyPrint = accounts.VerifyKey(arrival.Request);
        DialHistory? dials = null;
        while (true)
        {
            var admission = await accounts.AdmitAsync(arrival.Request, IPAddress.Parse(arrival.Source), keyPrint, cancellationToken).ConfigureAwait(false);
            var peer = arrival.Peer is { } declared ? WithKey(declared, keyPrint) : null;
            dials ??= peer is null ? DialHistory.None : await dialBack.GreetAsync(peer, cancellationToken).ConfigureAwait(false);
            string[] names = [.. Names(arrival.Request.User, peer), .. Invitation(admission), .. Key(keyPrint, peer)];
            using var held = await state.Locks.EnterAsync(cancellationToken, names).ConfigureAwait(false);
            if (accounts.Confirm(admission))
            {
                limits.RefuseIfBanned(keyPrint, peer);
                return await AdmittedAsync(admission, peer, keyPrint, dials, arrival).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends a session at its own wish.</summary>
    public async Task LogoutAsync(Session session, CancellationToken cancellationToken)
    {
        using var held = await state.Locks.EnterAsync(cancellationToken, Names(session.User, session.Peer?.Identity)).ConfigureAwait(false);
        if (!sessions.IsLive(session))
        {
            return;
        }

        var now = state.Time.GetUtcNow();
        await state.Store.CommitAsync([new SessionEnded(session.TokenHash, ErrorReason.LoggedOut, now)]).ConfigureAwait(false);
        sessions.End(session, ErrorReason.LoggedOut, now, isRevoked: true);
    }

    /// <summary>Renews a session. Who sends heartbeats gets the short lease.</summary>
    public void Renew(Session session, int? freeSlots)
    {
        state.Leases.Renew(session, state.Options.LeaseSeconds);
        state.News.Add(session);
        if (session.Peer is { } peer)
        {
            peer.FreeSlots = freeSlots ?? peer.FreeSlots;
            _ = dialBack.RefreshAsync(peer);
        }
    }

    /// <summary>Ends an account's sessions but one, as if they had never been.</summary>
    public async Task EndOthersAsync(Session kept)
    {
        foreach (var session in sessions.Of(kept.User).Where(session => session != kept))
        {
            await ForgetAsync(session).ConfigureAwait(false);
        }
    }

    /// <summary>Ends a session whose lease ran out, unless it was renewed meanwhile.</summary>
    public async Task ExpireAsync(Session session)
    {
        try
        {
            using var held = await state.Locks.EnterAsync(default, Names(session.User, session.Peer?.Identity)).ConfigureAwait(false);
            if (sessions.IsLive(session) && state.Leases.IsOver(session))
            {
                await ForgetLockedAsync(session).ConfigureAwait(false);
            }
        }
        finally
        {
            if (sessions.IsLive(session))
            {
                // It has left its bucket, and would never expire.
                state.Leases.Start(session, session.LeaseSeconds);
            }
        }
    }

    /// <summary>Ends a session on purpose; its token will not know it any more.</summary>
    public async Task ForgetAsync(Session session)
    {
        using var held = await state.Locks.EnterAsync(default, Names(session.User, session.Peer?.Identity)).ConfigureAwait(false);
        await ForgetLockedAsync(session, isRevoked: true).ConfigureAwait(false);
    }

    async Task ForgetLockedAsync(Session session, bool isRevoked = false)
    {
        sessions.End(session, ErrorReason.SessionUnknown, state.Time.GetUtcNow(), isRevoked);
        await state.Store.CommitAsync([new SessionForgotten(session.TokenHash, isRevoked)]).ConfigureAwait(false);
    }

    async Task<Welcome> AdmittedAsync(Admission admission, PeerIdentity? peer, string? keyPrint, DialHistory dials, Arrival arrival)
    {
        var files = arrival.Files;
        if (peer is not null && admission.Account.Role == Role.Reader)
        {
            throw new RefusalException(ErrorReason.RoleRequired, "The account may search and download, but not share.");
        }

        var now = state.Time.GetUtcNow();
        var replaced = peer is null ? [] : Replaced(peer, dials.Answered);
        limits.RefuseIfTooMany(admission.Account.User, arrival.Source, replaced.Count);
        var token = Tokens.New();
        var held = peer is null ? HeldCatalog.None : Catalog(peer.PeerId, files, now);
        if (peer is not null)
        {
            limits.RefuseIfTooMany(peer, held.Files, replaced);
        }

        var live = peer is null ? null : new LivePeer(peer, held.Files) { Dials = OwnDials(peer, dials, replaced) };
        var session = new Session(Tokens.Hash(token), admission.Account.User, live, keyPrint) { Source = arrival.Source };
        var lease = peer is { Verified: true } ? state.Options.LeaseSeconds : state.Options.QuietLeaseSeconds;
        StoreChange[] changes =
        [
            .. AccountDesk.Changes(admission),
            .. replaced.Select(old => new SessionEnded(old.TokenHash, ErrorReason.Replaced, now)),
            .. peer is null ? [] : CatalogChanges(peer.PeerId, held, files),
            new SessionSaved(session.TokenHash, session.User, lease, live?.ToInfo(), keyPrint),
        ];
        await state.Store.CommitAsync(changes).ConfigureAwait(false);

        accounts.Apply(admission);
        foreach (var old in replaced)
        {
            sessions.End(old, ErrorReason.Replaced, now);
        }

        if (peer is not null && !ReferenceEquals(held, HeldCatalog.None))
        {
            catalogs.Put(peer.PeerId, held);
        }

        sessions.Add(session, lease);
        return new Welcome(session, token, held);
    }

    /// <summary>
    /// The sessions whose place a peer takes; refuses if one of them is another account's. An address is the place of a declared peer, and of
    /// one that was reached there. Two proven peers do not take it from each other: behind one router both may name it.
    /// </summary>
    IReadOnlyList<Session> Replaced(PeerIdentity peer, bool isReached)
    {
        var same = index.Find(peer.PeerId) is { } known ? new[] { known } : [];
        var there = peer.Verified && !isReached
            ? []
            : index.At(peer.Ip, peer.Address.Port).Where(other => !other.Identity.Verified || (other.Reachable && !peer.Verified));
        var taken = same.Concat(there).Distinct().ToList();
        if (taken.Exists(other => other.Identity.User != peer.User))
        {
            throw new RefusalException(ErrorReason.PeerTaken, "The address or key belongs to a live session of another account.");
        }

        return [.. taken.Select(sessions.Of).OfType<Session>()];
    }

    /// <summary>What answered without a key is the peer only if nobody else answers there.</summary>
    DialHistory OwnDials(PeerIdentity peer, DialHistory dials, IReadOnlyList<Session> replaced)
    {
        var isAnothers = !peer.Address.Secure && index.At(peer.Ip, peer.Address.Port).Any(other => other.Reachable && !replaced.Any(old => old.Peer == other));
        return dials.Answered && isAnothers ? DialHistory.None.With(answered: false, dials.Last) : dials;
    }

    /// <summary>
    /// Files named at Login replace all. Without any, a peer goes on with the catalog that it published, if the directory still
    /// holds it; a list that an earlier Login named is over with that session.
    /// </summary>
    HeldCatalog Catalog(string peerId, IReadOnlyList<FileEntry>? files, DateTimeOffset now)
    {
        var held = catalogs.Of(peerId);
        return files is not null ? new HeldCatalog("", 0, catalogs.NextGeneration(), PeerCatalog.Of(files), now) { Logged = files.Count + 1 }
            : held.CatalogId.Length == 0 && held.Generation > 0 ? new HeldCatalog("", 0, catalogs.NextGeneration(), PeerCatalog.Empty, now)
            : held;
    }

    IEnumerable<StoreChange> CatalogChanges(string peerId, HeldCatalog held, IReadOnlyList<FileEntry>? files)
    {
        if (held.Generation == catalogs.Of(peerId).Generation)
        {
            yield break;
        }

        yield return new HeadSaved(peerId, held.Generation, "", 0, held.Time);
        yield return new BatchSaved(peerId, held.Generation, new PublishRequest { Upserts = { files ?? [] } });
    }

    static string[] Names(string user, PeerIdentity? peer) => peer is null
        ? [KeyedLocks.Account(user)]
        : [KeyedLocks.Account(user), .. KeyedLocks.Peer(peer)];

    /// <summary>A reader's key: a peer's is among its names already.</summary>
    static string[] Key(string? keyPrint, PeerIdentity? peer) => keyPrint is null || peer is not null ? [] : [KeyedLocks.Peer(keyPrint)];

    static string[] Invitation(Admission admission) =>
        admission.InvitationHash is { } code ? [KeyedLocks.Invitation(code)] : [];

    static PeerIdentity WithKey(PeerIdentity peer, string? keyPrint) => keyPrint is null
        ? peer with { PeerId = DeclaredId(peer), Verified = false }
        : peer with { PeerId = keyPrint, Verified = true };

    /// <summary>Stable for account and address, and shorter than a key's print, so that nobody takes it for one.</summary>
    static string DeclaredId(PeerIdentity peer)
    {
        var text = $"declared\n{peer.User}\n{peer.Ip}\n{peer.Address.Port}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }
}
