using System.Numerics;
using P2P.Content;

namespace P2P.Server.Catalogs;

/// <summary>What is known of files besides their paths, each property packed by itself.</summary>
sealed class FactColumns
{
    /// <summary>Nanoseconds take 30 bits, and with them seconds from 1970 to 2514 fit into one word; other times are kept aside.</summary>
    const int NanoBits = 30;

    const ulong NoTime = ulong.MaxValue;
    const ulong OddTime = ulong.MaxValue - 1;
    const long MostSeconds = (1L << (64 - NanoBits)) - 2;

    /// <summary>The upper part of a size that is unknown, and of one that does not fit and is kept aside.</summary>
    const ushort NoSize = ushort.MaxValue;
    const ushort OddSize = ushort.MaxValue - 1;

    /// <summary>Sizes are summed up for so many files at a time.</summary>
    const int SumStep = 1024;

    readonly uint[] _sizes;
    long[] _sums = [];
    ushort[]? _largeSizes;
    Dictionary<int, long>? _oddSizes;
    ContentRoot[]? _roots;
    ulong[]? _rootless;
    ulong[]? _times;
    Dictionary<int, (long Seconds, int Nanos)>? _oddTimes;
    ulong[]? _executable;

    FactColumns(int count) => _sizes = GC.AllocateUninitializedArray<uint>(count);

    /// <summary>Takes the facts of so many files, in order, and puts them where they stay.</summary>
    internal sealed class Builder(int count)
    {
        readonly FactColumns _columns = new(count);
        int _at;

        public void Add(in FileFacts file) => _columns.Put(_at++, file);

        /// <summary>Adds all of other columns at once.</summary>
        public void AddAll(FactColumns files)
        {
            _columns.PutAll(_at, files);
            _at += files.Count;
        }

        public FactColumns Build()
        {
            _columns._sums = _at == count ? _columns.Sums() : throw new InvalidOperationException("There are fewer files than were announced.");
            return _columns;
        }
    }

    public int Count => _sizes.Length;

    /// <summary>Negative: unknown.</summary>
    public long Size(int index) => _largeSizes is null ? _sizes[index] : _largeSizes[index] switch
    {
        NoSize => -1,
        OddSize => _oddSizes![index],
        var upper => ((long)upper << 32) | _sizes[index],
    };

    /// <summary>Bytes of the files from one to before another, as far as sizes are known.</summary>
    public long SizeBetween(int first, int behind) => SizeBefore(behind) - SizeBefore(first);

    public bool HasRoot(int index) => _rootless is null || !IsSet(_rootless, index);

    /// <summary>The root of a file that has one.</summary>
    public ref readonly ContentRoot Root(int index) => ref _roots![index];

    public FileFacts this[int index]
    {
        get
        {
            var (seconds, nanos) = Time(index);
            return new FileFacts(
                Size(index), HasRoot(index) ? Root(index) : null, seconds, nanos, _executable is not null && IsSet(_executable, index));
        }
    }

    void Put(int index, in FileFacts file)
    {
        _sizes[index] = (uint)file.Size;
        if (file.Size is < 0 or > uint.MaxValue)
        {
            (_largeSizes ??= new ushort[Count])[index] = file.Size < 0 ? NoSize : (ushort)Math.Min(file.Size >> 32, OddSize);
        }

        if (file.Size >> 32 >= OddSize)
        {
            (_oddSizes ??= [])[index] = file.Size;
        }

        if (file.Root is { } root)
        {
            Roots(index)[index] = root;
        }
        else
        {
            Set(ref _rootless, index, Count);
            _roots?[index] = default;
        }

        if (file.Seconds != FileFacts.NoTime)
        {
            _times ??= Filled(Count, index);
        }

        if (_times is not null)
        {
            _times[index] = Pack(file, index, ref _oddTimes);
        }

        if (file.Executable)
        {
            Set(ref _executable, index, Count);
        }
    }

    /// <summary>Puts other columns from an index on.</summary>
    void PutAll(int at, FactColumns files)
    {
        files._sizes.CopyTo(_sizes, at);
        files._largeSizes?.CopyTo(_largeSizes ??= new ushort[Count], at);
        if (files._roots is not null)
        {
            files._roots.CopyTo(Roots(at), at);
        }
        else
        {
            _roots?.AsSpan(at, files.Count).Clear();
        }

        Set(ref _rootless, at, files._rootless, Count);
        Set(ref _executable, at, files._executable, Count);
        if (files._times is not null)
        {
            files._times.CopyTo(_times ??= Filled(Count, at), at);
        }
        else
        {
            _times?.AsSpan(at, files.Count).Fill(NoTime);
        }

        foreach (var (index, size) in files._oddSizes ?? [])
        {
            (_oddSizes ??= [])[at + index] = size;
        }

        foreach (var (index, time) in files._oddTimes ?? [])
        {
            (_oddTimes ??= [])[at + index] = time;
        }
    }

    /// <summary>Where roots are put from an index on: what lies before it has none, if there were none before.</summary>
    ContentRoot[] Roots(int from)
    {
        if (_roots is null)
        {
            _roots = GC.AllocateUninitializedArray<ContentRoot>(Count);
            _roots.AsSpan(0, from).Clear();
        }

        return _roots;
    }

    long SizeBefore(int behind)
    {
        var sum = _sums[behind / SumStep];
        for (var i = behind / SumStep * SumStep; i < behind; i++)
        {
            sum += Math.Max(0, Size(i));
        }

        return sum;
    }

    /// <summary>Of every so many files, the bytes of all before them.</summary>
    long[] Sums()
    {
        var sums = new long[(Count / SumStep) + 1];
        var sum = 0L;
        for (var i = 0; i < Count; i++)
        {
            if (i % SumStep == 0)
            {
                sums[i / SumStep] = sum;
            }

            sum += Math.Max(0, Size(i));
        }

        sums[Count / SumStep] = Count % SumStep == 0 ? sum : sums[Count / SumStep];
        return sums;
    }

    (long Seconds, int Nanos) Time(int index) => _times is null ? (FileFacts.NoTime, 0) : _times[index] switch
    {
        NoTime => (FileFacts.NoTime, 0),
        OddTime => _oddTimes![index],
        var packed => ((long)(packed >> NanoBits), (int)(packed & ((1UL << NanoBits) - 1))),
    };

    static ulong Pack(in FileFacts file, int index, ref Dictionary<int, (long Seconds, int Nanos)>? odd)
    {
        if (file.Seconds == FileFacts.NoTime)
        {
            return NoTime;
        }

        if (file.Seconds is >= 0 and <= MostSeconds && file.Nanos is >= 0 and < 1 << NanoBits)
        {
            return ((ulong)file.Seconds << NanoBits) | (uint)file.Nanos;
        }

        (odd ??= [])[index] = (file.Seconds, file.Nanos);
        return OddTime;
    }

    static ulong[] Filled(int count, int unknown)
    {
        var times = new ulong[count];
        times.AsSpan(0, unknown).Fill(NoTime);
        return times;
    }

    /// <summary>Sets from an index on what is set in others.</summary>
    static void Set(ref ulong[]? bits, int at, ulong[]? others, int count)
    {
        for (var word = 0; word < others?.Length; word++)
        {
            for (var set = others[word]; set != 0; set &= set - 1)
            {
                Set(ref bits, at + (word * 64) + BitOperations.TrailingZeroCount(set), count);
            }
        }
    }

    static bool IsSet(ulong[] bits, int index) => (bits[index >> 6] & (1UL << (index & 63))) != 0;

    static void Set(ref ulong[]? bits, int index, int count) => (bits ??= new ulong[(count + 63) / 64])[index >> 6] |= 1UL << (index & 63);
}
