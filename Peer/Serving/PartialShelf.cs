using P2P.Content;
using P2P.Peers.Sharing;

namespace P2P.Peers.Serving;

/// <summary>The downloads under way that this peer serves from, and shows in its catalog.</summary>
/// <param name="catalog">Where they are shown.</param>
/// <param name="time">Tells when they began.</param>
sealed class PartialShelf(CatalogState catalog, TimeProvider time)
{
    /// <summary>How many there may be at once.</summary>
    public const int Most = 64;

    /// <summary>A download that ended whole is served so much longer: until then its file is shared as such, if it is to be.</summary>
    static readonly TimeSpan Linger = TimeSpan.FromMinutes(1);

    static readonly SharedFolder Folder = new(SharedPath.PartialLabel, "");

    readonly Lock _lock = new();
    readonly Dictionary<ContentId, (PartialContent Content, SharedFile Shown)> _all = [];
    readonly Dictionary<PartialContent, ITimer> _lingering = [];

    /// <summary>Shows a content until it is removed.</summary>
    /// <returns>False if it is shown already, or there are too many.</returns>
    public bool Add(PartialContent content)
    {
        var path = $"{Folder.Label}/{content.Content.Root.ToString()[..16]}/{content.Name}";
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
        var shown = new SharedFile(Folder, path, content.Content, new FileStamp(0, 0, content.Content.Length, now, now), false);
        lock (_lock)
        {
            if (_all.Count >= Most || SharedPath.Problem(path) is not null || !_all.TryAdd(content.Content, (content, shown)))
            {
                return false;
            }

            catalog.ShowPartials([.. _all.Values.Select(one => one.Shown)]);
            return true;
        }
    }

    /// <summary>Its download has ended.</summary>
    public void End(PartialContent content)
    {
        content.End();
        if (!content.IsComplete)
        {
            Remove(content);
            return;
        }

        lock (_lock)
        {
            _lingering[content] = time.CreateTimer(_ => Remove(content), null, Linger, Timeout.InfiniteTimeSpan);
        }
    }

    void Remove(PartialContent content)
    {
        content.Close();
        lock (_lock)
        {
            if (_lingering.Remove(content, out var timer))
            {
                timer.Dispose();
            }

            _all.Remove(content.Content);
            catalog.ShowPartials([.. _all.Values.Select(one => one.Shown)]);
        }
    }

    /// <summary>What there is of a content; null if nothing is, or its length is not given and several have the root.</summary>
    public PartialContent? Find(string root, long? length)
    {
        lock (_lock)
        {
            var found = _all.Values.Where(one => one.Content.Content.Root.ToString() == root && (length is null || one.Content.Content.Length == length)).ToList();
            return found.Count == 1 ? found[0].Content : null;
        }
    }
}
