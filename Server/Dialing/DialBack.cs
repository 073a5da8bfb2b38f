using System.Net;
using P2P.Content;
using P2P.Server.Catalogs;

namespace P2P.Server.Dialing;

/// <summary>
/// Finds out whether peers can be dialled: at Login, and later again where that may have changed. 1. Only what the address policy allows,
/// 2. one dial at a time to a target and for a key, whoever asks, 3. as many at once and in a minute as the limits say.
/// </summary>
sealed class DialBack(CatalogIndex index, DialPolicy policy, IDialProbe probe, DialBackOptions options, TimeProvider time) : IAsyncDisposable
{
    readonly Lock _lock = new();
    readonly DialBudget _budget = new(options, time);
    readonly Dictionary<(IPAddress, int, string?), Task<bool>> _underWay = [];
    readonly CancellationTokenSource _stop = new();
    bool _stopped;

    /// <summary>Dials a peer that logs in.</summary>
    /// <returns>What came of it; nothing, if no dial was to be had.</returns>
    public async Task<DialHistory> GreetAsync(PeerIdentity peer, CancellationToken cancellationToken)
    {
        if (Start(peer) is not { } dial)
        {
            return DialHistory.None;
        }

        var answered = await dial.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (answered && peer.Address.Secure)
        {
            Displace(peer);
        }

        return DialHistory.None.With(answered, time.GetTimestamp());
    }

    /// <summary>Whether a peer is reachable, after one more dial if it was not.</summary>
    public async Task<bool> ReachesAsync(LivePeer peer, CancellationToken cancellationToken)
    {
        if (!peer.Reachable && Start(peer.Identity) is { } dial)
        {
            Learn(peer, await dial.WaitAsync(cancellationToken).ConfigureAwait(false));
        }

        return peer.Reachable;
    }

    /// <summary>Dials a peer again if it is time to.</summary>
    /// <returns>When that is over.</returns>
    public Task RefreshAsync(LivePeer peer)
    {
        var history = peer.Dials;
        return history.IsDue(!peer.Identity.Verified, time.GetElapsedTime(history.Last)) && Start(peer.Identity) is { } dial
            ? LearnAsync(peer, dial)
            : Task.CompletedTask;
    }

    /// <summary>Ends the dials under way, and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] left;
        lock (_lock)
        {
            _stopped = true;
            left = [.. _underWay.Values];
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(left).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Null if it must not be dialled, or not now.</summary>
    Task<bool>? Start(PeerIdentity peer)
    {
        var target = peer.Address;
        // 1.
        if (!peer.CanBeDialled || policy.Check(target) != DialRefusal.None)
        {
            return null;
        }

        var key = (target.Address, target.Port, peer.Address.Secure ? peer.PeerId : null);
        lock (_lock)
        {
            // 2.
            if (_underWay.TryGetValue(key, out var dial))
            {
                return dial;
            }

            // 3.
            if (_stopped || _underWay.Count >= options.AtOnce || !_budget.TryTake(target))
            {
                return null;
            }

            return _underWay[key] = DialAsync(target, key);
        }
    }

    async Task<bool> DialAsync(PeerEndpoint target, (IPAddress, int, string? Print) key)
    {
        // Not under the caller's lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            return await probe.AnswersAsync(target, key.Print, TimeSpan.FromMilliseconds(options.TimeoutMilliseconds), _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(key);
            }
        }
    }

    async Task LearnAsync(LivePeer peer, Task<bool> dial) => Learn(peer, await dial.ConfigureAwait(false));

    /// <summary>
    /// Behind one router several peers may name one address and port, where one of them at most is. Over TLS its key told which; else who
    /// answers there already is taken for it. Of two that learn it at once both may be listed: the key that downloaders pin tells which it is.
    /// </summary>
    void Learn(LivePeer peer, bool answered)
    {
        if (answered && peer.Identity.Address.Secure)
        {
            Displace(peer.Identity);
            peer.Dials = peer.Dials.With(answered: true, time.GetTimestamp());
            return;
        }

        var isAnothers = answered && index.At(peer.Identity.Ip, peer.Identity.Address.Port).Any(other => other != peer && other.Reachable);
        peer.Dials = peer.Dials.With(answered && !isAnothers, time.GetTimestamp());
    }

    /// <summary>A peer proved by its key that it is where it says: so no other is.</summary>
    void Displace(PeerIdentity peer)
    {
        foreach (var other in index.At(peer.Ip, peer.Address.Port).Where(other => other.PeerId != peer.PeerId && other.Reachable))
        {
            other.Dials = other.Dials.With(answered: false, time.GetTimestamp());
        }
    }
}
