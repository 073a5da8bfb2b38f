using System.Buffers;
using System.Buffers.Binary;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>A file that fits, and whose it is.</summary>
readonly record struct FoundFile(int Slot, LivePeer Peer, FileRef File, Fit Fit)
{
    public MatchKind Match => Fit.Kind;

    public ReadOnlySpan<byte> FoldedName => File.Segment.Names.Text.Slice(Fit.NameStart, Fit.NameLength);

    /// <summary>The name as it was published.</summary>
    /// <param name="scratch">Of <see cref="NameColumn.ScratchBytes"/>.</param>
    public ReadOnlySpan<byte> Name(Span<byte> scratch) => File.Segment.Names.Original(File.Index, scratch);

    public bool HasRoot => File.Segment.HasRoot(File.Index);

    public ref readonly ContentRoot Root => ref File.Segment.Root(File.Index);

    public long Size => File.Segment.Size(File.Index);
}

/// <summary>A hit while it is put together: its first file, and how many peers have it.</summary>
/// <param name="Start">The first bytes of its folded name, as a number that stands in the same order.</param>
/// <param name="RootStart">The first bytes of its root; 0 if it has none, or a name that is not its folded form.</param>
record struct HitEntry(FoundFile First, int Hash, ulong Start, ulong RootStart, MatchKind Match)
{
    public int SourceCount { get; set; } = 1;

    /// <summary>The last of its other files that were kept; negative for none.</summary>
    public int Other { get; set; } = -1;

    public static HitEntry Of(in FoundFile file, int hash)
    {
        var name = file.FoldedName;
        Span<byte> start = stackalloc byte[sizeof(ulong)];
        start.Clear();
        name[..Math.Min(name.Length, start.Length)].CopyTo(start);
        var rootStart = file.HasRoot && file.File.Segment.Names.IsFolded(file.File.Index) ? BinaryPrimitives.ReadUInt64BigEndian(file.Root.Bytes) : 0;
        return new HitEntry(file, hash, BinaryPrimitives.ReadUInt64BigEndian(start), rootStart, file.Match);
    }
}

/// <summary>
/// Gathers files into hits: one for each base name, root and length; without a root, for each peer too. Names and roots are the
/// choice of strangers: the hash is the framework's seeded one, and equal hashes are compared in full. Its memory is lent.
/// </summary>
sealed class HitTable : IDisposable
{
    const int MostSources = 8;
    const int FirstSize = 256;
    const int Kinds = (int)MatchKind.Fuzzy + 1;

    readonly List<(FoundFile File, int Before)> _others = [];
    readonly HashSet<(int Hit, int Slot)> _pairs = [];
    HitEntry[] _entries = ArrayPool<HitEntry>.Shared.Rent(FirstSize);
    int[] _places = ArrayPool<int>.Shared.Rent(2 * FirstSize);
    int _mask = (2 * FirstSize) - 1;
    readonly int[] _byKind = new int[Kinds];
    int _count;

    public HitTable() => _places.AsSpan(0, _mask + 1).Clear();

    public ReadOnlySpan<HitEntry> Entries => _entries.AsSpan(0, _count);

    /// <summary>How many hits there are of each kind.</summary>
    public ReadOnlySpan<int> ByKind => _byKind;

    public void Add(in FoundFile file)
    {
        var hash = Hash(file);
        var place = Find(file, hash);
        if (_places[place] != 0)
        {
            AddSource(_places[place] - 1, file);
            return;
        }

        if (_count == _entries.Length)
        {
            GrowEntries();
        }

        _byKind[(int)file.Match]++;
        _entries[_count++] = HitEntry.Of(file, hash);
        _places[place] = _count;
        if (_count * 2 > _mask)
        {
            GrowPlaces();
        }
    }

    /// <summary>One file of each of at most eight peers that have a hit.</summary>
    public IReadOnlyList<FoundFile> SourcesOf(int hit)
    {
        if (_entries[hit].Other < 0)
        {
            return [_entries[hit].First];
        }

        var sources = new List<FoundFile> { _entries[hit].First };
        for (var other = _entries[hit].Other; other >= 0; other = _others[other].Before)
        {
            sources.Add(_others[other].File);
        }

        return sources;
    }

    /// <summary>Who has which hit.</summary>
    public IEnumerable<(int Hit, int Slot)> Pairs => Enumerable.Range(0, _count).Select(hit => (hit, _entries[hit].First.Slot)).Concat(_pairs);

    /// <summary>Takes all hits out.</summary>
    public void Clear()
    {
        _places.AsSpan(0, _mask + 1).Clear();
        _others.Clear();
        _pairs.Clear();
        _byKind.AsSpan().Clear();
        _entries.AsSpan(0, _count).Clear();
        _count = 0;
    }

    /// <summary>Gives the memory back: nothing may be read from this any more.</summary>
    public void Dispose()
    {
        _entries.AsSpan(0, _count).Clear();
        ArrayPool<HitEntry>.Shared.Return(_entries);
        ArrayPool<int>.Shared.Return(_places);
        (_entries, _places, _count) = ([], [], 0);
    }

    void AddSource(int hit, in FoundFile file)
    {
        ref var entry = ref _entries[hit];
        if (file.Match < entry.Match)
        {
            _byKind[(int)entry.Match]--;
            _byKind[(int)file.Match]++;
            entry.Match = file.Match;
        }

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
        for (var place = hash & _mask; ; place = (place + 1) & _mask)
        {
            if (_places[place] == 0)
            {
                return place;
            }

            ref readonly var entry = ref _entries[_places[place] - 1];
            if (entry.Hash == hash && IsSame(entry.First, file))
            {
                return place;
            }
        }
    }

    void GrowEntries()
    {
        var larger = ArrayPool<HitEntry>.Shared.Rent(2 * _entries.Length);
        _entries.CopyTo(larger, 0);
        _entries.AsSpan().Clear();
        ArrayPool<HitEntry>.Shared.Return(_entries);
        _entries = larger;
    }

    void GrowPlaces()
    {
        var size = 4 * (_mask + 1);
        ArrayPool<int>.Shared.Return(_places);
        _places = ArrayPool<int>.Shared.Rent(size);
        _places.AsSpan(0, size).Clear();
        _mask = size - 1;
        for (var hit = 0; hit < _count; hit++)
        {
            var place = _entries[hit].Hash & _mask;
            while (_places[place] != 0)
            {
                place = (place + 1) & _mask;
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
