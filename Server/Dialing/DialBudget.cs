using System.Net;
using P2P.Content;

namespace P2P.Server.Dialing;

/// <summary>
/// Counts dials over the last minute, by target and in all. Every dial stands in one list, the oldest first, and leaves its counts when it
/// leaves the list: so no minute has more than the limits, wherever it begins, and the list's bound is the bound of the counts too.
/// </summary>
/// <remarks>Not for several threads at once: its owner has a lock.</remarks>
sealed class DialBudget(DialBackOptions options, TimeProvider time)
{
    static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    readonly Queue<(long At, IPAddress Address, int Port)> _dials = new();
    readonly Dictionary<(IPAddress, int), int> _ofTarget = [];
    readonly Dictionary<IPAddress, int> _ofAddress = [];

    /// <summary>What is remembered.</summary>
    public int Count => _dials.Count;

    /// <summary>Counts a dial, if there may be one more.</summary>
    public bool TryTake(PeerEndpoint target)
    {
        var (address, port) = (target.Address, target.Port);
        Forget();
        if (_dials.Count >= options.PerMinute
            || _ofTarget.GetValueOrDefault((address, port)) >= options.PerTarget
            || (!IPAddress.IsLoopback(address) && _ofAddress.GetValueOrDefault(address) >= options.PerAddress))
        {
            return false;
        }

        _dials.Enqueue((time.GetTimestamp(), address, port));
        Add(_ofTarget, (address, port), 1);
        Add(_ofAddress, address, 1);
        return true;
    }

    void Forget()
    {
        while (_dials.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Window)
        {
            _dials.Dequeue();
            Add(_ofTarget, (oldest.Address, oldest.Port), -1);
            Add(_ofAddress, oldest.Address, -1);
        }
    }

    static void Add<TKey>(Dictionary<TKey, int> counts, TKey key, int change)
        where TKey : notnull
    {
        var count = counts.GetValueOrDefault(key) + change;
        if (count == 0)
        {
            counts.Remove(key);
        }
        else
        {
            counts[key] = count;
        }
    }
}
