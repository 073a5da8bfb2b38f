using System.Collections.Concurrent;
using System.Collections.Immutable;
using P2P.Server.Catalogs;
using P2P.Server.Lines;
using P2P.Server.Store;

namespace P2P.Server.Tickets;

/// <summary>
/// For which sources a key was given tickets, for as long as a session of it lives: so that these sources can be told, over their Control
/// lines, when the grants that they gave for them are to end. Who was given more than it remembers is told of to all.
/// </summary>
sealed class GivenTickets(LineRegistry lines, CatalogIndex index, RevocationNews news)
{
    /// <summary>Sources remembered of one key.</summary>
    const int MostSources = 256;

    readonly ConcurrentDictionary<string, Sources> _given = new(StringComparer.Ordinal);

    /// <summary>Keys with tickets.</summary>
    public int Count => _given.Count;

    /// <summary>A key gets a ticket for a source.</summary>
    public void Add(string print, string source) => _given.GetOrAdd(print, _ => new Sources()).Add(source);

    /// <summary>No session of the key lives any more; what it was granted goes on, as it would if the directory were away.</summary>
    public void Forget(string print) => _given.TryRemove(print, out _);

    /// <summary>What the key was granted ends.</summary>
    public void Revoke(string print)
    {
        if (!_given.TryRemove(print, out var sources))
        {
            return;
        }

        if (sources.Known is not { } known)
        {
            RevokeEverywhere(print);
            news.Add(new GrantsRevoked(print, []));
            return;
        }

        var elsewhere = Tell(print, known);
        if (elsewhere.Length > 0)
        {
            news.Add(new GrantsRevoked(print, elsewhere));
        }
    }

    /// <summary>Another directory of the store gave the tickets, and lines of these sources may be here.</summary>
    public void Apply(GrantsRevoked revoked)
    {
        if (revoked.Sources.IsEmpty)
        {
            RevokeEverywhere(revoked.Print);
        }
        else
        {
            Tell(revoked.Print, revoked.Sources);
        }
    }

    /// <summary>The same, also of tickets that were given before a restart or at another directory of the store.</summary>
    public void RevokeEverywhere(string print)
    {
        _given.TryRemove(print, out _);
        foreach (var line in lines.All.Where(line => line.Peer.PeerId != print))
        {
            line.Revoke(print);
        }
    }

    /// <returns>The live sources that have no line here.</returns>
    ImmutableArray<string> Tell(string print, IReadOnlyList<string> sources)
    {
        var elsewhere = ImmutableArray.CreateBuilder<string>();
        foreach (var peer in sources.Select(index.Find).OfType<LivePeer>())
        {
            if (lines.Find(peer) is { } line)
            {
                line.Revoke(print);
            }
            else
            {
                elsewhere.Add(peer.PeerId);
            }
        }

        return elsewhere.ToImmutable();
    }

    sealed class Sources
    {
        readonly HashSet<string> _sources = new(StringComparer.Ordinal);
        bool _isMore;

        /// <summary>Null for more than are remembered.</summary>
        public IReadOnlyList<string>? Known
        {
            get
            {
                lock (_sources)
                {
                    return _isMore ? null : [.. _sources];
                }
            }
        }

        public void Add(string source)
        {
            lock (_sources)
            {
                if (_isMore)
                {
                    return;
                }

                _sources.Add(source);
                if (_sources.Count > MostSources)
                {
                    _isMore = true;
                    _sources.Clear();
                }
            }
        }
    }
}
