using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Net;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;

namespace P2P.Server.Accounts;

/// <summary>How often a password may be tried.</summary>
sealed class AttemptOptions
{
    /// <summary>Failed or pending checks of one account's password in a minute. Default 20; 0 for no limit.</summary>
    [Range(0, 1_000_000)]
    public int PerAccount { get; set; } = 20;

    /// <summary>Failed or pending checks from one address in a minute, an IPv6 network of 64 bits being one. Default 60; 0 for no limit.</summary>
    [Range(0, 1_000_000)]
    public int PerAddress { get; set; } = 60;
}

/// <summary>
/// Counts the checks of passwords by account and by address, within each minute. A check is counted before it is made, and counted off
/// when it was good: so however many come at once, no more are admitted than the limit. An account that there is none of is counted like
/// any other.
/// </summary>
sealed class AttemptCounters(AttemptOptions options, TimeProvider time)
{
    /// <summary>Accounts and addresses counted in one minute; who comes beyond waits for the next.</summary>
    const int MostKeys = 200_000;

    const int WindowSeconds = 60;

    readonly long _started = time.GetTimestamp();
    volatile Window _window = new(0);

    /// <summary>Counts a check.</summary>
    /// <exception cref="RefusalException">There were too many; the check is not to be made.</exception>
    public Attempt Begin(string user, IPAddress address)
    {
        var window = Current();
        string[] taken = [];
        foreach (var (key, limit) in (ReadOnlySpan<(string, int)>)[("account " + user, options.PerAccount), ("address " + NetworkOf(address), options.PerAddress)])
        {
            if (limit == 0)
            {
                continue;
            }

            if (!window.TryAdd(key, limit, MostKeys))
            {
                new Attempt(window, taken).Succeed();
                throw Refused();
            }

            taken = [.. taken, key];
        }

        return new Attempt(window, taken);
    }

    static string NetworkOf(IPAddress address) => AddressGroup.Of(address).ToString();

    double Elapsed => time.GetElapsedTime(_started).TotalSeconds;

    Window Current()
    {
        var slot = (long)(Elapsed / WindowSeconds);
        for (var window = _window; ; window = _window)
        {
            if (window.Slot >= slot)
            {
                return window;
            }

            Interlocked.CompareExchange(ref _window, new Window(slot), window);
        }
    }

    RefusalException Refused()
    {
        var left = TimeSpan.FromSeconds(Math.Ceiling(WindowSeconds - (Elapsed % WindowSeconds)));
        return new RefusalException(ErrorReason.LoginBusy, "Too many logins of this account or from this address failed; come back in a minute.")
        {
            Details = [new RetryInfo { RetryDelay = Duration.FromTimeSpan(left) }],
        };
    }

    /// <summary>The counts of one minute.</summary>
    internal sealed class Window(long slot)
    {
        readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

        public long Slot { get; } = slot;

        public bool TryAdd(string key, int limit, int mostKeys)
        {
            while (true)
            {
                if (!_counts.TryGetValue(key, out var count))
                {
                    if (_counts.Count >= mostKeys)
                    {
                        return false;
                    }

                    if (_counts.TryAdd(key, 1))
                    {
                        return true;
                    }
                }
                else if (count >= limit)
                {
                    return false;
                }
                else if (_counts.TryUpdate(key, count + 1, count))
                {
                    return true;
                }
            }
        }

        public void Remove(string key) => _counts.AddOrUpdate(key, 0, (_, count) => count - 1);
    }

    /// <summary>A check that is being made.</summary>
    internal readonly struct Attempt(Window window, string[] keys)
    {
        /// <summary>It was good, or was not made at all: it does not count.</summary>
        public void Succeed()
        {
            foreach (var key in keys)
            {
                window.Remove(key);
            }
        }
    }
}
