using System.Net;
using P2P.Server.Sessions;

namespace P2P.Server.Watching;

/// <summary>How many watch at once: in all, of one account, from one address.</summary>
sealed class WatcherSlots(WatchOptions options)
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _ofAccount = new(StringComparer.Ordinal);
    readonly Dictionary<IPAddress, int> _fromAddress = [];
    int _taken;

    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a slot; disposing what it returns gives it back.</summary>
    /// <exception cref="RefusalException">There is none left; the quota that is used up is named.</exception>
    public IDisposable Enter(string user, IPAddress address)
    {
        lock (_lock)
        {
            RefuseIf(_taken >= options.AtOnce, "watchers", $"The directory has at most {options.AtOnce} watchers at a time.");
            RefuseIf(
                _ofAccount.GetValueOrDefault(user) >= options.PerAccount, "watchers of the account",
                $"An account has at most {options.PerAccount} watchers at a time.");
            RefuseIf(
                _fromAddress.GetValueOrDefault(address) >= options.PerAddress, "watchers of the address",
                $"At most {options.PerAddress} watchers come from one address at a time.");
            _taken++;
            _ofAccount[user] = _ofAccount.GetValueOrDefault(user) + 1;
            _fromAddress[address] = _fromAddress.GetValueOrDefault(address) + 1;
        }

        return new Slot(this, user, address);
    }

    void Leave(string user, IPAddress address)
    {
        lock (_lock)
        {
            _taken--;
            GiveBack(_ofAccount, user);
            GiveBack(_fromAddress, address);
        }
    }

    static void GiveBack<T>(Dictionary<T, int> counts, T key)
        where T : notnull
    {
        if (--counts[key] == 0)
        {
            counts.Remove(key);
        }
    }

    static void RefuseIf(bool isFull, string subject, string sentence)
    {
        if (isFull)
        {
            throw RefusalException.Quota(subject, sentence);
        }
    }

    sealed class Slot(WatcherSlots owner, string user, IPAddress address) : IDisposable
    {
        int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                owner.Leave(user, address);
            }
        }
    }
}
