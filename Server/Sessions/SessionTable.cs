using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Tickets;
using P2P.Server.Watching;

namespace P2P.Server.Sessions;

/// <summary>What a token stands for.</summary>
/// <param name="Session">The live session, if there is one.</param>
/// <param name="Refusal">Else why not.</param>
readonly record struct TokenLookup(Session? Session, ErrorReason Refusal);

/// <summary>
/// The live sessions, and why some that ended did. Changes to one session come under its locks in <see cref="KeyedLocks"/>;
/// the peers of live sessions are in the index exactly as long as their sessions are here.
/// </summary>
sealed class SessionTable(CatalogIndex index, LeaseBook leases, EventLog events, GivenTickets tickets)
{
    readonly ConcurrentDictionary<string, Session> _live = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, (ErrorReason Reason, DateTimeOffset Time)> _ended = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<LivePeer, Session> _ofPeer = new();
    readonly ConcurrentDictionary<string, ImmutableHashSet<Session>> _ofUser = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, int> _fromAddress = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, int> _ofKey = new(StringComparer.Ordinal);

    public int Count => _live.Count;

    public TokenLookup Find(string tokenHash) =>
        _live.TryGetValue(tokenHash, out var session) ? new(session, ErrorReason.Unspecified)
        : _ended.TryGetValue(tokenHash, out var ended) ? new(null, ended.Reason)
        : new(null, ErrorReason.SessionUnknown);

    /// <summary>Whether it has not ended since the caller found it.</summary>
    public bool IsLive(Session session) => _live.ContainsKey(session.TokenHash);

    /// <summary>Refuses the rest of a long call whose session has ended meanwhile.</summary>
    public void RefuseIfEnded(Session session)
    {
        if (Find(session.TokenHash) is { Session: null, Refusal: var reason })
        {
            throw new RefusalException(reason, "The session has ended.");
        }
    }

    public Session? Of(LivePeer peer) => _ofPeer.GetValueOrDefault(peer);

    public IReadOnlyCollection<Session> Of(string user) => _ofUser.GetValueOrDefault(user, []);

    public int CountOf(string user) => Of(user).Count;

    /// <summary>Live sessions whose Logins came from an address, or from its network of 64 bits.</summary>
    public int CountFrom(string address) => _fromAddress.GetValueOrDefault(Group(address));

    /// <summary>The sessions that proved a key, or have a declared peer's identifier.</summary>
    public IReadOnlyList<Session> OfKey(string peerId) =>
        [.. _live.Values.Where(session => session.KeyPrint == peerId || session.Peer?.PeerId == peerId)];

    public void Add(Session session, int leaseSeconds)
    {
        _live[session.TokenHash] = session;
        _ofUser.AddOrUpdate(session.User, [session], (_, sessions) => sessions.Add(session));
        _fromAddress.AddOrUpdate(Group(session.Source), 1, (_, count) => count + 1);
        if (session.KeyPrint is { } print)
        {
            _ofKey.AddOrUpdate(print, 1, (_, count) => count + 1);
        }

        if (session.Peer is { } peer)
        {
            _ofPeer[peer] = session;
            index.Add(peer);
            events.Came(peer);
        }

        leases.Start(session, leaseSeconds);
    }

    /// <summary>Ends a session; its token is told the reason, or that it is unknown.</summary>
    /// <param name="isRevoked">
    /// It was ended on purpose: with the last session of a key ends what sources granted to the key.
    /// </param>
    public void End(Session session, ErrorReason reason, DateTimeOffset now, bool isRevoked = false)
    {
        if (!_live.TryRemove(session.TokenHash, out _))
        {
            return;
        }

        Uncount(session);
        if (reason != ErrorReason.SessionUnknown)
        {
            Remember(session.TokenHash, reason, now);
        }

        if (session.Peer is { } peer)
        {
            _ofPeer.TryRemove(peer, out _);
            var last = peer.ToInfo();
            index.Remove(peer);
            events.Went(peer, last);
        }
        else
        {
            events.Wake();
        }

        if (session.KeyPrint is { } print && IsLastOf(print))
        {
            (isRevoked ? tickets.Revoke : (Action<string>)tickets.Forget)(print);
        }

        session.End(isRevoked || reason == ErrorReason.Replaced);
    }

    bool IsLastOf(string print) =>
        _ofKey.AddOrUpdate(print, 0, (_, count) => count - 1) <= 0 && _ofKey.TryRemove(KeyValuePair.Create(print, 0));

    /// <summary>Leaves nothing behind of accounts and addresses without sessions.</summary>
    void Uncount(Session session)
    {
        var left = _ofUser.AddOrUpdate(session.User, [], (_, sessions) => sessions.Remove(session));
        if (left.IsEmpty)
        {
            _ofUser.TryRemove(KeyValuePair.Create(session.User, left));
        }

        if (_fromAddress.AddOrUpdate(Group(session.Source), 0, (_, count) => count - 1) <= 0)
        {
            _fromAddress.TryRemove(KeyValuePair.Create(Group(session.Source), 0));
        }
    }

    static string Group(string address) => address.Length == 0 ? "" : AddressGroup.Of(IPAddress.Parse(address)).ToString();

    /// <summary>Why a session ended before this start.</summary>
    public void Remember(string tokenHash, ErrorReason reason, DateTimeOffset time) => _ended[tokenHash] = (reason, time);

    /// <summary>Forgets the endings before a time, and says which.</summary>
    public IReadOnlyList<string> ForgetEnded(DateTimeOffset before)
    {
        var old = _ended.Where(ended => ended.Value.Time < before).Select(ended => ended.Key).ToList();
        old.ForEach(tokenHash => _ended.TryRemove(tokenHash, out _));
        return old;
    }
}
