using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>How many long calls are under way: a slot is counted under several names, each of which has a bound.</summary>
sealed class CallSlots
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    int _taken;

    /// <summary>Slots that are taken.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a slot; disposing what it returns gives it back.</summary>
    /// <param name="refusal">What to throw when one of the names is full, by its index.</param>
    /// <param name="names">What the slot counts for, and how many that may have.</param>
    public IDisposable Enter(Func<int, RefusalException> refusal, params ReadOnlySpan<(string Name, int Most)> names)
    {
        lock (_lock)
        {
            for (var i = 0; i < names.Length; i++)
            {
                if (_counts.GetValueOrDefault(names[i].Name) >= names[i].Most)
                {
                    throw refusal(i);
                }
            }

            foreach (var (name, _) in names)
            {
                _counts[name] = _counts.GetValueOrDefault(name) + 1;
            }

            _taken++;
        }

        return new Slot(this, [.. names.ToArray().Select(name => name.Name)]);
    }

    void Leave(string[] names)
    {
        lock (_lock)
        {
            foreach (var name in names)
            {
                if (--_counts[name] == 0)
                {
                    _counts.Remove(name);
                }
            }

            _taken--;
        }
    }

    sealed class Slot(CallSlots owner, string[] names) : IDisposable
    {
        int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                owner.Leave(names);
            }
        }
    }
}
