using System.Collections.Immutable;
using P2P.Server.Catalogs;

namespace P2P.Server.Search.Postings;

/// <summary>
/// The names of all live peers' files, ready to be searched. Readers take <see cref="Snapshot"/> and never wait. Changes make a
/// new snapshot and cost no more than the change: new names go to the tail, and what a peer loses, up to all of it at once, is left
/// where it is and found dead. <see cref="MergeOnce"/> tidies up behind them.
/// </summary>
sealed class NameIndex(MergePolicy policy)
{
    readonly Lock _lock = new();
    readonly Lock _merging = new();
    readonly Dictionary<string, PeerState> _states = new(StringComparer.Ordinal);
    readonly List<PeerState?> _slots = [];
    readonly Stack<int> _freeSlots = [];
    volatile IndexSnapshot _snapshot = IndexSnapshot.Empty;
    volatile Action? _changed;

    /// <summary>What is known of a peer as long as the index has any of its files, dead or alive.</summary>
    sealed class PeerState(string peerId, int slot)
    {
        public string PeerId => peerId;

        public int Slot => slot;

        /// <summary>What stands in parts or in the tail. A peer that comes back with the same files is found again.</summary>
        public HashSet<Segment> Known { get; } = [];
    }

    public IndexSnapshot Snapshot => _snapshot;

    /// <summary>Called, under a lock, behind every change.</summary>
    public Action? Changed
    {
        set => _changed = value;
    }

    /// <summary>A peer shares exactly this from now on.</summary>
    public void Put(LivePeer peer, PeerCatalog catalog)
    {
        lock (_lock)
        {
            if (!_states.TryGetValue(peer.PeerId, out var state))
            {
                _states[peer.PeerId] = state = Enter(peer.PeerId);
            }

            var fresh = catalog.Segments.Where(view => state.Known.Add(view.Segment)).Select(view => new IndexMember(state.Slot, view.Segment));
            _snapshot = _snapshot with
            {
                Peers = _snapshot.Peers.With(state.Slot, new IndexedPeer(peer, catalog)),
                Tail = [.. _snapshot.Tail, .. fresh],
            };
            _changed?.Invoke();
        }
    }

    /// <summary>A peer is gone. One that has taken its place stays.</summary>
    public void Remove(LivePeer peer)
    {
        lock (_lock)
        {
            if (_states.TryGetValue(peer.PeerId, out var state) && _snapshot.Peers[state.Slot]?.Peer == peer)
            {
                _snapshot = _snapshot with { Peers = _snapshot.Peers.With(state.Slot, null) };
                LeaveIfUnknown(state);
                _changed?.Invoke();
            }
        }
    }

    /// <summary>Does one piece of tidying up, if any is due; changes and searches go on meanwhile.</summary>
    /// <param name="isQuiet">Nothing has changed for a while: a small tail is worth a part too.</param>
    public bool MergeOnce(bool isQuiet)
    {
        lock (_merging)
        {
            var before = _snapshot;
            var tail = before.TailFiles;
            if (tail >= policy.TailFiles || (isQuiet && tail > policy.SmallTail))
            {
                Merge(before, [], before.Tail);
                return true;
            }

            var chosen = policy.Choose([.. before.Parts.Select(part => (part.FileCount, Alive(before, part)))], isQuiet);
            if (chosen.Count > 0)
            {
                var parts = chosen.Select(part => before.Parts[part]).ToList();
                Merge(before, parts, [.. parts.SelectMany(part => part.Members)]);
            }

            return chosen.Count > 0;
        }
    }

    static int Alive(IndexSnapshot snapshot, IndexPart part) =>
        part.Members.Sum(member => snapshot.IsAlive(member) ? member.Segment.Count : 0);

    /// <summary>Makes one part of what is alive of some members, and lets it take their place.</summary>
    void Merge(IndexSnapshot before, List<IndexPart> parts, ImmutableArray<IndexMember> members)
    {
        var (alive, dead) = (members.Where(before.IsAlive).ToList(), members.Where(member => !before.IsAlive(member)).ToList());
        var merged = IndexPart.Build([.. alive.OrderBy(before.PeerIdOf, StringComparer.Ordinal)]);
        lock (_lock)
        {
            // Only this method takes anything away: what has come since stands behind.
            var tail = parts.Count == 0 ? _snapshot.Tail.RemoveRange(0, members.Length) : _snapshot.Tail;

            // A peer that came back meanwhile was promised that its files are known.
            var revived = dead.Where(_snapshot.IsAlive).ToHashSet();
            _snapshot = _snapshot with
            {
                Parts = [.. _snapshot.Parts.Except(parts), .. alive.Count > 0 ? [merged] : Array.Empty<IndexPart>()],
                Tail = [.. tail, .. revived],
            };
            foreach (var gone in dead.Where(member => !revived.Contains(member)))
            {
                Forget(gone);
            }
        }
    }

    PeerState Enter(string peerId)
    {
        if (!_freeSlots.TryPop(out var slot))
        {
            slot = _slots.Count;
            _slots.Add(null);
        }

        return _slots[slot] = new PeerState(peerId, slot);
    }

    void Forget(IndexMember member)
    {
        var state = _slots[member.Slot]!;
        state.Known.Remove(member.Segment);
        LeaveIfUnknown(state);
    }

    /// <summary>A slot is free again when nothing in the index names it.</summary>
    void LeaveIfUnknown(PeerState state)
    {
        if (state.Known.Count == 0 && _snapshot.Peers[state.Slot] is null)
        {
            _states.Remove(state.PeerId);
            _slots[state.Slot] = null;
            _freeSlots.Push(state.Slot);
        }
    }
}
