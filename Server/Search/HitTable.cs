using System.Runtime.InteropServices;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>A file that fits, and whose it is.</summary>
readonly record struct FoundFile(int Slot, LivePeer Peer, FileRef File, MatchKind Match)
{
    public ReadOnlySpan<byte> FoldedName => File.Segment.Names.Folded(File.Index);

    /// <summary>The name as it was published.</summary>
    /// <param name="scratch">Of <see cref="NameColumn.ScratchBytes"/>.</param>
    public ReadOnlySpan<byte> Name(Span<byte> scratch) => File.Segment.Names.Original(File.Index, scratch);

    public bool HasRoot => File.Segment.HasRoot(File.Index);

    public ref readonly ContentRoot Root => ref File.Segment.Root(File.Index);

    public long Size => File.Segment.Size(File.Index);
}

/// <summary>A hit while it is put together: its first file, and how many peers have it.</summary>
record struct HitEntry(FoundFile First, int Hash, MatchKind Match)
{
    public int SourceCount { get; set; } = 1;

    /// <summary>The last of its other files that were kept; negative for none.</summary>
    public int Other { get; set; } = -1;
}

/// <summary>
/// Gathers files into hits: one for each base name, root and length; without a root, for each peer too. Names and roots are the
/// choice of strangers: the hash is the framework's seeded one, and equal hashes are compared in full.
/// </summary>
sealed class HitTable
{
    const int MostSources = 8;
    const int FirstSize = 64;

    readonly List<HitEntry> _entries = [];
    readonly List<(FoundFile File, int Before)> _others = [];
    readonly HashSet<(int Hit, int Slot)> _pairs = [];
    int[] _places = new int[FirstSize];

    public ReadOnlySpan<HitEntry> Entries => CollectionsMarshal.AsSpan(_entries);

    public void Add(in FoundFile file)
    {
        var hash = Hash(file);
        var place = Find(file, hash);
        if (_places[place] == 0)
        {
            _entries.Add(new HitEntry(file, hash, file.Match));
            _places[place] = _entries.Count;
            if (_entries.Count * 2 > _places.Length)
            {
                Grow();
            }

            return;
        }

        AddSource(_places[place] - 1, file);
    }

    /// <summary>One file of each of at most eight peers that have a hit.</summary>
    public IReadOnlyList<FoundFile> SourcesOf(int hit)
    {
        var sources = new List<FoundFile> { _entries[hit].First };
        for (var other = _entries[hit].Other; other >= 0; other = _others[other].Before)
        {
            sources.Add(_others[other].File);
        }

        return sources;
    }

    /// <summary>Who has which hit.</summary>
    public IEnumerable<(int Hit, int Slot)> Pairs => _entries.Select((entry, hit) => (hit, entry.First.Slot)).Concat(_pairs);

    void AddSource(int hit, in FoundFile file)
    {
        ref var entry = ref CollectionsMarshal.AsSpan(_entries)[hit];
        entry.Match = file.Match < entry.Match ? file.Match : entry.Match;
        if (file.Slot == entry.First.Slot || !_pairs.Add((hit, file.Slot)))
        {
            return;
        }

        entry.SourceCount++;
        if (entry.SourceCount <= MostSources)
        {
            _others.Add((file, entry.Other));
            entry.Other = _others.Count - 1;
        }
    }

    /// <summary>Where the hit of a file stands, or would stand.</summary>
    int Find(in FoundFile file, int hash)
    {
        var mask = _places.Length - 1;
        var entries = CollectionsMarshal.AsSpan(_entries);
        for (var place = hash & mask; ; place = (place + 1) & mask)
        {
            if (_places[place] == 0)
            {
                return place;
            }

            ref readonly var entry = ref entries[_places[place] - 1];
            if (entry.Hash == hash && IsSame(entry.First, file))
            {
                return place;
            }
        }
    }

    void Grow()
    {
        _places = new int[_places.Length * 4];
        var mask = _places.Length - 1;
        for (var hit = 0; hit < _entries.Count; hit++)
        {
            var place = _entries[hit].Hash & mask;
            while (_places[place] != 0)
            {
                place = (place + 1) & mask;
            }

            _places[place] = hit + 1;
        }
    }

    /// <summary>Without the size, which would have to be fetched for every file and tells few apart.</summary>
    static int Hash(in FoundFile file)
    {
        var hash = default(HashCode);
        hash.AddBytes(file.FoldedName);
        hash.Add(file.HasRoot ? file.Root.GetHashCode() : file.Slot);
        return hash.ToHashCode();
    }

    static bool IsSame(in FoundFile one, in FoundFile other)
    {
        if (one.Size != other.Size || one.HasRoot != other.HasRoot || (one.HasRoot ? one.Root != other.Root : one.Slot != other.Slot))
        {
            return false;
        }

        Span<byte> scratch = stackalloc byte[NameColumn.ScratchBytes];
        Span<byte> second = stackalloc byte[NameColumn.ScratchBytes];
        return one.Name(scratch).SequenceEqual(other.Name(second));
    }
}
