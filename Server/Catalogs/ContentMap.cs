using System.Collections.Concurrent;
using P2P.Content;

namespace P2P.Server.Catalogs;

/// <summary>
/// Which peers hold a root, in which length, by how many of their files. Reads take no lock. Changes to one peer come one
/// at a time (the index's caller sees to that); those of several peers meet in one root's entry, which is exchanged whole.
/// </summary>
sealed class ContentMap
{
    readonly ConcurrentDictionary<ContentRoot, Holding[]> _holdings = new();
    long _contents;

    /// <summary>A peer's files of one content.</summary>
    internal readonly record struct Holding(long Length, LivePeer Peer, int Files);

    /// <summary>Distinct contents.</summary>
    public long Count => Interlocked.Read(ref _contents);

    /// <summary>Who holds a root, in any length.</summary>
    public ReadOnlySpan<Holding> Of(ContentRoot root) => _holdings.TryGetValue(root, out var holdings) ? holdings : [];

    public void Add(LivePeer peer, ContentId content)
    {
        while (true)
        {
            var known = _holdings.TryGetValue(content.Root, out var before);
            var after = With(before ?? [], peer, content.Length, 1);
            if (known ? _holdings.TryUpdate(content.Root, after, before!) : _holdings.TryAdd(content.Root, after))
            {
                CountContents(content.Length, before ?? [], after);
                return;
            }
        }
    }

    public void Remove(LivePeer peer, ContentId content)
    {
        while (_holdings.TryGetValue(content.Root, out var before))
        {
            var after = With(before, peer, content.Length, -1);
            var done = after.Length == 0
                ? _holdings.TryRemove(KeyValuePair.Create(content.Root, before))
                : _holdings.TryUpdate(content.Root, after, before);
            if (done)
            {
                CountContents(content.Length, before, after);
                return;
            }
        }
    }

    static Holding[] With(Holding[] before, LivePeer peer, long length, int files)
    {
        var at = Array.FindIndex(before, holding => holding.Peer == peer && holding.Length == length);
        if (at < 0)
        {
            return files > 0 ? [.. before, new Holding(length, peer, files)] : before;
        }

        var left = before[at].Files + files;
        if (left <= 0)
        {
            return [.. before[..at], .. before[(at + 1)..]];
        }

        var after = (Holding[])before.Clone();
        after[at] = before[at] with { Files = left };
        return after;
    }

    void CountContents(long length, Holding[] before, Holding[] after)
    {
        var change = (Knows(after, length) ? 1 : 0) - (Knows(before, length) ? 1 : 0);
        Interlocked.Add(ref _contents, change);
    }

    static bool Knows(Holding[] holdings, long length) => Array.Exists(holdings, holding => holding.Length == length);
}
