using System.Text;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>What makes two files one hit: base name, root and length; without a root, the peer too.</summary>
readonly record struct HitKey(string Name, ContentRoot? Root, long Size, string PeerId);

/// <summary>
/// Where a hit stands among the others: kind of match, live sources (most first), folded name by its code points, and what
/// tells equals apart.
/// </summary>
readonly record struct HitRank(MatchKind Match, int SourceCount, HitKey Key)
{
    public static HitRank Of(in HitEntry entry)
    {
        var file = entry.First;
        var facts = file.File.Facts;
        var key = new HitKey(Encoding.UTF8.GetString(file.Name(stackalloc byte[NameColumn.ScratchBytes])), facts.Root, facts.Size, facts.Root is null ? file.Peer.PeerId : "");
        return new HitRank(entry.Match, entry.SourceCount, key);
    }
}

/// <summary>Picks the hits of one page, in order.</summary>
/// <param name="after">The last hit of the page before.</param>
/// <param name="minSources">Hits with fewer do not count.</param>
sealed class HitOrder(HitRank? after, int minSources)
{
    readonly byte[] _afterFolded = Fold.Utf8(after?.Key.Name ?? "");
    readonly byte[] _afterName = Encoding.UTF8.GetBytes(after?.Key.Name ?? "");

    /// <summary>How many hits there are behind the page before, counted up to a limit.</summary>
    public int CountBehind(ReadOnlySpan<HitEntry> entries, int limit)
    {
        var count = 0;
        for (var hit = 0; hit < entries.Length && count < limit; hit++)
        {
            count += IsBehind(entries[hit]) ? 1 : 0;
        }

        return count;
    }

    /// <summary>The first hits behind the page before.</summary>
    public IReadOnlyList<int> Take(HitTable hits, int size)
    {
        var entries = hits.Entries;
        var best = new int[Math.Min(size, entries.Length)];
        var count = 0;
        for (var hit = 0; hit < entries.Length; hit++)
        {
            if (!IsBehind(entries[hit]))
            {
                continue;
            }

            if (count < best.Length)
            {
                Rise(entries, best, count++, hit);
            }
            else if (Compare(entries[hit], entries[best[0]]) < 0)
            {
                Sink(entries, best, count, hit);
            }
        }

        // The worst stands first: taken off one by one, they come in order.
        for (var left = count - 1; left > 0; left--)
        {
            var (worst, last) = (best[0], best[left]);
            Sink(entries, best, left, last);
            best[left] = worst;
        }

        return count == best.Length ? best : best[..count];
    }

    /// <summary>Puts a hit behind the others of a heap, and lets it rise to where it belongs.</summary>
    static void Rise(ReadOnlySpan<HitEntry> entries, int[] heap, int at, int hit)
    {
        for (; at > 0 && Compare(entries[hit], entries[heap[(at - 1) / 2]]) > 0; at = (at - 1) / 2)
        {
            heap[at] = heap[(at - 1) / 2];
        }

        heap[at] = hit;
    }

    /// <summary>Puts a hit in the place of the worst, and lets it sink to where it belongs.</summary>
    static void Sink(ReadOnlySpan<HitEntry> entries, int[] heap, int count, int hit)
    {
        var at = 0;
        while ((2 * at) + 1 < count)
        {
            var child = (2 * at) + 1;
            child += child + 1 < count && Compare(entries[heap[child + 1]], entries[heap[child]]) > 0 ? 1 : 0;
            if (Compare(entries[hit], entries[heap[child]]) >= 0)
            {
                break;
            }

            heap[at] = heap[child];
            at = child;
        }

        heap[at] = hit;
    }

    public bool HasEnoughSources(in HitEntry entry) => entry.SourceCount >= minSources;

    bool IsBehind(in HitEntry entry) => HasEnoughSources(entry) && (after is not { } last || CompareTo(entry, last) > 0);

    static int Compare(in HitEntry one, in HitEntry other)
    {
        var order = (int)one.Match - (int)other.Match;
        order = order != 0 ? order : other.SourceCount.CompareTo(one.SourceCount);
        order = order != 0 ? order : one.Start.CompareTo(other.Start);
        return order != 0 ? order : CompareNames(one, other);
    }

    static int CompareNames(in HitEntry one, in HitEntry other)
    {
        var order = one.First.FoldedName.SequenceCompareTo(other.First.FoldedName);

        // Where both names are their folded forms, roots decide: mostly by what is at hand of them.
        order = order != 0 || one.RootStart == 0 || other.RootStart == 0 ? order : one.RootStart.CompareTo(other.RootStart);
        return order != 0 ? order : CompareEquals(one.First, other.First);
    }

    /// <summary>The order of hits that have the same folded name.</summary>
    static int CompareEquals(in FoundFile one, in FoundFile other)
    {
        Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
        Span<byte> second = stackalloc byte[NameColumn.ScratchBytes];
        var order = one.Name(scratch).SequenceCompareTo(other.Name(second));
        if (order != 0 || one.HasRoot != other.HasRoot)
        {
            return order != 0 ? order : one.HasRoot.CompareTo(other.HasRoot);
        }

        order = one.HasRoot ? one.Root.CompareTo(other.Root) : 0;
        order = order != 0 ? order : one.Size.CompareTo(other.Size);
        return order != 0 || one.HasRoot ? order : string.CompareOrdinal(one.Peer.PeerId, other.Peer.PeerId);
    }

    int CompareTo(in HitEntry entry, in HitRank last)
    {
        var order = (int)entry.Match - (int)last.Match;
        order = order != 0 ? order : last.SourceCount.CompareTo(entry.SourceCount);
        order = order != 0 ? order : entry.First.FoldedName.SequenceCompareTo(_afterFolded);
        order = order != 0 ? order : entry.First.Name(stackalloc byte[NameColumn.ScratchBytes]).SequenceCompareTo(_afterName);
        if (order != 0)
        {
            return order;
        }

        var facts = entry.First.File.Facts;
        order = Nullable.Compare(facts.Root, last.Key.Root);
        order = order != 0 ? order : facts.Size.CompareTo(last.Key.Size);
        return order != 0 || facts.Root is not null ? order : string.CompareOrdinal(entry.First.Peer.PeerId, last.Key.PeerId);
    }
}
