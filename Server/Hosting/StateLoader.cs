using System.Collections.Concurrent;
using System.Net;
using System.Runtime.ExceptionServices;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Catalogs;
using P2P.Server.Dialing;
using P2P.Server.Operating;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Hosting;

/// <summary>
/// Folds the store into memory before the port opens: one processor reads on while the others build catalogs, each of which is whole before
/// its peer's session is listed. Sessions that were live get a new lease, so that peers which were not told of the restart find themselves
/// where they were.
/// </summary>
sealed class StateLoader(
    AccountTable accounts, CatalogTable catalogs, SessionTable sessions, AccessPolicy access, OperatorMemory operators, LeaseOptions options)
{
    readonly Dictionary<string, byte[]> _settings = new(StringComparer.Ordinal);

    /// <returns>The stored settings.</returns>
    public IReadOnlyDictionary<string, byte[]> Load(IDirectoryStore store)
    {
        var sessionsToList = new List<SessionSaved>();
        InParallel(Catalogs(store.Load(), sessionsToList), catalog => catalogs.Put(catalog.Head.PeerId, catalog.Fold()));
        InParallel(sessionsToList, saved => sessions.Add(Session(saved), Lease(saved)));

        return _settings;
    }

    /// <summary>The catalogs, one after the other, and beside them all that is small.</summary>
    IEnumerable<StoredCatalog> Catalogs(IEnumerable<StoreChange> changes, List<SessionSaved> sessionsToList)
    {
        var heads = new Dictionary<string, HeadSaved>(StringComparer.Ordinal);
        StoredCatalog? open = null;
        foreach (var change in changes)
        {
            switch (change)
            {
                case HeadSaved head:
                    heads[head.PeerId] = head;
                    catalogs.Put(head.PeerId, new HeldCatalog(head.CatalogId, head.Sequence, head.Generation, PeerCatalog.Empty, head.Time));
                    break;
                case BatchSaved batch:
                    if (open is not null && open.Head.PeerId != batch.PeerId)
                    {
                        yield return open;
                        open = null;
                    }

                    open ??= new StoredCatalog(heads[batch.PeerId]);
                    open.Batches.Add(batch.Stored);
                    break;
                case SessionSaved session:
                    sessionsToList.Add(session);
                    break;
                default:
                    Apply(change);
                    break;
            }
        }

        if (open is not null)
        {
            yield return open;
        }
    }

    /// <summary>Takes one item at a time from the list, however long it is, so that only those in work are in memory.</summary>
    static void InParallel<T>(IEnumerable<T> items, Action<T> work)
    {
        try
        {
            Parallel.ForEach(Partitioner.Create(items, EnumerablePartitionerOptions.NoBuffering), work);
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.Flatten().InnerExceptions[0]);
        }
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
            case BlockSaved or AuditSaved:
                operators.Apply(change);
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
        var peer = saved.Peer is null ? null : new LivePeer(Identity(saved.Peer), catalogs.Of(saved.Peer.PeerId).Files)
        {
            Dials = saved.Peer.Reachable ? DialHistory.Reached : DialHistory.None,
        };
        // Before keys were stored, a proven session was known by its peer alone.
        return new Session(saved.TokenHash, saved.User, peer, saved.KeyPrint ?? (peer is { Identity.Verified: true } ? peer.PeerId : null))
        {
            Source = saved.Peer?.Ip ?? "",
        };
    }

    /// <summary>Of different lengths, so that not all who do not come back are found missing in the same second.</summary>
    int Lease(SessionSaved saved) => Math.Max(saved.LeaseSeconds, options.LeaseSeconds) + Random.Shared.Next(options.LeaseSeconds / 2);

    static PeerIdentity Identity(PeerInfo peer) => new(
        peer.PeerId,
        peer.User,
        peer.Name,
        new PeerEndpoint(IPAddress.Parse(peer.Ip), peer.Port, peer.Url.StartsWith("https:", StringComparison.Ordinal)),
        [.. peer.Addresses],
        peer.Verified,
        peer.Since.ToDateTimeOffset(),
        peer.Client);
}
