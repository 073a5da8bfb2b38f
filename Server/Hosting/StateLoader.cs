using System.Net;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>
/// Folds the store into memory before the port opens. Sessions that were live get a new lease, so that peers which were not told of
/// the restart find themselves where they were.
/// </summary>
sealed class StateLoader(
    AccountTable accounts, CatalogTable catalogs, SessionTable sessions, AccessPolicy access, LeaseOptions options)
{
    readonly Dictionary<string, byte[]> _settings = new(StringComparer.Ordinal);

    /// <returns>The stored settings.</returns>
    public IReadOnlyDictionary<string, byte[]> Load(IDirectoryStore store)
    {
        foreach (var change in store.Load())
        {
            Apply(change);
        }

        return _settings;
    }

    void Apply(StoreChange change)
    {
        switch (change)
        {
            case SettingSaved setting:
                _settings[setting.Name] = setting.Value;
                access.Apply(setting);
                break;
            case AccountSaved account:
                accounts.Put(account);
                break;
            case InvitationSaved invitation:
                accounts.Put(invitation);
                break;
            case HeadSaved head:
                catalogs.Put(head.PeerId, new HeldCatalog(head.CatalogId, head.Sequence, head.Generation, PeerCatalog.Empty, head.Time));
                break;
            case BatchSaved { PeerId: var peerId, Batch: var batch }:
                var held = catalogs.Of(peerId);
                catalogs.Put(peerId, held with
                {
                    Files = held.Files.Apply(batch.Upserts, batch.Removes).Catalog,
                    Logged = held.Logged + HeldCatalog.Entries(batch),
                });
                break;
            case SessionSaved session:
                sessions.Add(Session(session), Math.Max(session.LeaseSeconds, options.LeaseSeconds));
                break;
            case SessionEnded ended:
                sessions.Remember(ended.TokenHash, ended.Reason, ended.Time);
                break;
            default:
                throw new InvalidOperationException($"A store does not load {change.GetType().Name}.");
        }
    }

    /// <summary>A session as it was stored, with its peer's catalog as it is held now.</summary>
    public Session Session(SessionSaved saved)
    {
        var peer = saved.Peer is null ? null : new LivePeer(Identity(saved.Peer), catalogs.Of(saved.Peer.PeerId).Files);
        return new Session(saved.TokenHash, saved.User, peer);
    }

    static PeerIdentity Identity(PeerInfo peer) => new(
        peer.PeerId,
        peer.User,
        peer.Name,
        new PeerEndpoint(IPAddress.Parse(peer.Ip), peer.Port, peer.Url.StartsWith("https:", StringComparison.Ordinal)),
        [.. peer.Addresses],
        peer.Reachable,
        peer.Verified,
        peer.Since.ToDateTimeOffset(),
        peer.Client);
}
