using System.Globalization;
using System.Security.Cryptography;
using P2P.Server.Store;

namespace P2P.Server.Operating;

/// <summary>What operators did, oldest first, as it is in the store. The newest are kept.</summary>
sealed class AuditLog(TimeProvider time)
{
    /// <summary>Acts that are kept.</summary>
    public const int MostKept = 100_000;

    readonly Lock _lock = new();
    readonly List<AuditSaved> _events = [];
    int _count;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>An act that is about to be committed. Identifiers are in the order of time.</summary>
    public AuditSaved New(string @operator, string action, string target, string reason)
    {
        var now = time.GetUtcNow();
        var id = string.Create(
            CultureInfo.InvariantCulture,
            $"{now.ToUnixTimeMilliseconds():D14}-{Interlocked.Increment(ref _count):D8}-{RandomNumberGenerator.GetHexString(4, lowercase: true)}");
        return new AuditSaved(id, now, @operator, action, target, reason);
    }

    /// <summary>What goes when one more comes.</summary>
    public IReadOnlyList<StoreChange> Overflow()
    {
        lock (_lock)
        {
            return [.. _events.Take(Math.Max(0, _events.Count + 1 - MostKept)).Select(old => new AuditForgotten(old.Id))];
        }
    }

    public void Put(AuditSaved act)
    {
        lock (_lock)
        {
            var at = Place(act.Id);
            if (at == _events.Count || _events[at].Id != act.Id)
            {
                _events.Insert(at, act);
            }
        }
    }

    public void Forget(string id)
    {
        lock (_lock)
        {
            var at = Place(id);
            if (at < _events.Count && _events[at].Id == id)
            {
                _events.RemoveAt(at);
            }
        }
    }

    /// <summary>Newest first.</summary>
    /// <param name="before">Only those before this one; null for all.</param>
    /// <param name="count">At most.</param>
    public IReadOnlyList<AuditSaved> Page(string? before, int count)
    {
        lock (_lock)
        {
            var end = before is null ? _events.Count : Place(before);
            var start = Math.Max(0, end - count);
            var page = _events.GetRange(start, end - start);
            page.Reverse();
            return page;
        }
    }

    /// <summary>The index of the first act that is not before an identifier.</summary>
    int Place(string id)
    {
        var (low, high) = (0, _events.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = string.CompareOrdinal(_events[middle].Id, id) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
