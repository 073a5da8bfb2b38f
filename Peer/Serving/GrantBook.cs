using P2P.Content;

namespace P2P.Peers.Serving;

/// <summary>What a grant is for.</summary>
/// <param name="Content">The content.</param>
/// <param name="ForUpload">To put it into the inbox, as against fetching it.</param>
readonly record struct GrantedUse(ContentId Content, bool ForUpload);

/// <summary>
/// Who may do what without a ticket, since one was redeemed for it: so that a transfer outlives the directory. A grant lives for as long
/// as it is used, and ends when it was idle for too long, is revoked, or is driven out by newer ones. Times are monotonic: no change of
/// the clock ends or prolongs a grant.
/// </summary>
sealed class GrantBook(GrantOptions options, TimeProvider time)
{
    readonly Lock _lock = new();
    readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    readonly LinkedList<Grant> _byUse = new();

    /// <summary>Grants that live.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                EndIdle();
                return _byUse.Count;
            }
        }
    }

    /// <summary>Uses a grant, which prolongs it; false if there is none.</summary>
    public bool TryUse(string print, GrantedUse use)
    {
        lock (_lock)
        {
            EndIdle();
            if (!_holders.TryGetValue(print, out var holder) || !holder.Grants.TryGetValue(use, out var grant))
            {
                return false;
            }

            Touch(grant);
            return true;
        }
    }

    /// <summary>Opens a grant, or prolongs the one that there is.</summary>
    public void Open(string print, GrantedUse use)
    {
        lock (_lock)
        {
            EndIdle();
            if (!_holders.TryGetValue(print, out var holder))
            {
                _holders[print] = holder = new Holder(print);
            }

            if (holder.Grants.TryGetValue(use, out var known))
            {
                Touch(known);
                return;
            }

            var grant = new Grant(holder, use) { Used = time.GetTimestamp() };
            holder.Grants[use] = grant;
            holder.ByUse.AddLast(grant.InHolder);
            _byUse.AddLast(grant.InBook);
            Drive(holder.Grants.Count > options.MostOfOne ? holder.ByUse.First : null);
            Drive(_byUse.Count > options.Most ? _byUse.First : null);
        }
    }

    /// <summary>Ends all grants of a downloader: its transfers end with the message under way.</summary>
    public void Revoke(string print)
    {
        lock (_lock)
        {
            if (_holders.TryGetValue(print, out var holder))
            {
                holder.Grants.Values.ToList().ForEach(End);
            }
        }
    }

    void Touch(Grant grant)
    {
        grant.Used = time.GetTimestamp();
        _byUse.Remove(grant.InBook);
        _byUse.AddLast(grant.InBook);
        grant.Holder.ByUse.Remove(grant.InHolder);
        grant.Holder.ByUse.AddLast(grant.InHolder);
    }

    void EndIdle()
    {
        while (_byUse.First is { } oldest && time.GetElapsedTime(oldest.Value.Used) >= options.Idle)
        {
            End(oldest.Value);
        }
    }

    void Drive(LinkedListNode<Grant>? oldest)
    {
        if (oldest is not null)
        {
            End(oldest.Value);
        }
    }

    void End(Grant grant)
    {
        _byUse.Remove(grant.InBook);
        grant.Holder.ByUse.Remove(grant.InHolder);
        grant.Holder.Grants.Remove(grant.Use);
        if (grant.Holder.Grants.Count == 0)
        {
            _holders.Remove(grant.Holder.Print);
        }
    }

    sealed class Holder(string print)
    {
        public string Print => print;

        public Dictionary<GrantedUse, Grant> Grants { get; } = [];

        public LinkedList<Grant> ByUse { get; } = new();
    }

    sealed class Grant
    {
        public Grant(Holder holder, GrantedUse use)
        {
            (Holder, Use) = (holder, use);
            InBook = new LinkedListNode<Grant>(this);
            InHolder = new LinkedListNode<Grant>(this);
        }

        public Holder Holder { get; }

        public GrantedUse Use { get; }

        public LinkedListNode<Grant> InBook { get; }

        public LinkedListNode<Grant> InHolder { get; }

        public long Used { get; set; }
    }
}
