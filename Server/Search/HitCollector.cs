using System.Text;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>Gathers the files that fit into hits, within a budget of files and time.</summary>
sealed class HitCollector(HitFilter filter, SearchLimits limits, TimeProvider time)
{
    const int FilesBetweenLooks = 1024;

    readonly Dictionary<HitKey, Hit> _hits = [];
    readonly long _started = time.GetTimestamp();
    int _files;
    int _looks;

    public ICollection<Hit> Hits => _hits.Values;

    /// <summary>There were more files than the budget allows.</summary>
    public bool IsFull => _files >= limits.Candidates;

    /// <summary>Time has run out.</summary>
    public bool IsLate { get; private set; }

    public bool IsOver => IsFull || IsLate;

    /// <summary>To be called for every file looked at, fitting or not.</summary>
    public void Look()
    {
        if (++_looks % FilesBetweenLooks == 0 && time.GetElapsedTime(_started).TotalMilliseconds > limits.Milliseconds)
        {
            IsLate = true;
        }
    }

    public void Add(LivePeer peer, FileRef file, MatchKind match)
    {
        if (!filter.Admits(file.Segment, file.Index))
        {
            return;
        }

        _files++;
        var facts = file.Facts;
        var name = Encoding.UTF8.GetString(file.Segment.BaseNameUtf8(file.Index));
        var key = new HitKey(name, facts.Root, facts.Size, facts.Root is null ? peer.PeerId : "");
        if (!_hits.TryGetValue(key, out var hit))
        {
            _hits[key] = hit = new Hit(key, match);
        }

        hit.Add(peer, file, match);
    }
}
