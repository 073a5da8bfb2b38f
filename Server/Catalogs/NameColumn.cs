using System.Buffers;
using System.Numerics;
using System.Text;
using P2P.Server.Search;

namespace P2P.Server.Catalogs;

/// <summary>
/// Base names, one after the other. The folded ones are one text, each between two line feeds, so that a search is one scan. A name
/// that differs from its folded form is kept beside it: as one bit a letter where only case differs, else as a whole.
/// </summary>
sealed class NameColumn
{
    /// <summary>Names are looked up in blocks of so many.</summary>
    public const int BlockSize = 32;

    /// <summary>What <see cref="Original"/> may need to put a name together.</summary>
    public const int ScratchBytes = 256;

    const byte Line = (byte)'\n';

    /// <summary>Of the processor's memory.</summary>
    const int LineBytes = 64;
    const int LinesAhead = 4;

    readonly byte[] _text;
    readonly int[] _blockStarts;
    readonly ushort[]? _starts;
    readonly int[]? _wideStarts;
    readonly Originals? _originals;

    NameColumn(byte[] text, int[] blockStarts, ReadOnlySpan<int> starts, Originals? originals)
    {
        var count = Count = starts.Length;
        (_text, _blockStarts, _originals) = (text, blockStarts, originals);
        var widest = 0;
        for (var i = 0; i < count; i++)
        {
            widest = Math.Max(widest, starts[i] - blockStarts[i / BlockSize]);
        }

        if (widest > ushort.MaxValue)
        {
            _wideStarts = starts.ToArray();
            return;
        }

        _starts = new ushort[count];
        for (var i = 0; i < count; i++)
        {
            _starts[i] = (ushort)(starts[i] - blockStarts[i / BlockSize]);
        }
    }

    public int Count { get; }

    /// <summary>A line feed, then each folded name with a line feed behind it. No name contains one.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>Where a folded name begins; of <see cref="Count"/>, where they end.</summary>
    public int Start(int index) => index == Count ? _text.Length
        : index % BlockSize == 0 ? _blockStarts[index / BlockSize]
        : _starts is null ? _wideStarts![index]
        : _blockStarts[index / BlockSize] + _starts[index];

    public ReadOnlySpan<byte> Folded(int index) => _text.AsSpan(Start(index)..(Start(index + 1) - 1));

    /// <summary>The folded names of a block, with a line feed before and behind each.</summary>
    public ReadOnlySpan<byte> Block(int block) =>
        _text.AsSpan((_blockStarts[block] - 1)..Start(Math.Min(Count, (block + 1) * BlockSize)));

    /// <summary>Has it fetched where a block begins.</summary>
    public void FetchPlace(int block) => Ahead.Fetch(in _blockStarts[block]);

    /// <summary>Has the beginning of a block fetched; the rest follows as it is read.</summary>
    public void FetchAhead(int block)
    {
        var start = _blockStarts[block];
        for (var at = start; at < Math.Min(_text.Length, start + (LinesAhead * LineBytes)); at += LineBytes)
        {
            Ahead.Fetch(in _text[at]);
        }
    }

    /// <summary>Whether the name was given as its folded form.</summary>
    public bool IsFolded(int index) => _originals?.Has(index) != true;

    /// <summary>The name as it was given.</summary>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>; what is returned may lie in it.</param>
    public ReadOnlySpan<byte> Original(int index, Span<byte> scratch) =>
        _originals is null ? Folded(index) : _originals.Of(this, index, scratch);

    /// <summary>The name that covers a position of the text, searching upward from one that is not behind it.</summary>
    public int At(int position, int from)
    {
        var step = 1;
        var high = from + 1;
        while (high < Count && Start(high) <= position)
        {
            from = high;
            high = Math.Min(Count, high + step);
            step *= 2;
        }

        while (high - from > 1)
        {
            var middle = (from + high) / 2;
            (from, high) = Start(middle) <= position ? (middle, high) : (from, middle);
        }

        return from;
    }

    /// <summary>Names that are not their folded forms, block by block.</summary>
    /// <param name="differs">One bit a name.</param>
    /// <param name="starts">Of each block: where its names begin in the data.</param>
    /// <param name="data">
    /// Of each such name: zero and a bit for each letter whose case is upper; or one more than its length, as a varint, and the name.
    /// </param>
    sealed class Originals(uint[] differs, int[] starts, byte[] data)
    {
        public bool Has(int index) => (differs[index / BlockSize] >> (index % BlockSize) & 1) != 0;

        public ReadOnlySpan<byte> Of(NameColumn names, int index, Span<byte> scratch)
        {
            var block = index / BlockSize;
            var bit = index % BlockSize;
            if (!Has(index))
            {
                return names.Folded(index);
            }

            var at = starts[block];
            for (var before = differs[block] & ((1u << bit) - 1); before != 0; before &= before - 1)
            {
                Read(names.Folded((block * BlockSize) + BitOperations.TrailingZeroCount(before)), ref at, default);
            }

            return Read(names.Folded(index), ref at, scratch);
        }

        /// <summary>For whoever goes through all names: what is kept of the next one, which begins at a place of the data; nothing if it is its folded form.</summary>
        public ReadOnlySpan<byte> Next(NameColumn names, int index, ref int at)
        {
            var start = at;
            if ((differs[index / BlockSize] >> (index % BlockSize) & 1) != 0)
            {
                Read(names.Folded(index), ref at, default);
            }

            return data.AsSpan(start..at);
        }

        /// <summary>Reads one name, or only goes past it if there is no place to put it.</summary>
        ReadOnlySpan<byte> Read(ReadOnlySpan<byte> folded, scoped ref int at, Span<byte> scratch)
        {
            var header = ReadVarint(ref at);
            if (header > 0)
            {
                at += header - 1;
                return data.AsSpan(at - (header - 1), header - 1);
            }

            var bits = data.AsSpan(at, (folded.Length + 7) / 8);
            at += bits.Length;
            if (scratch.IsEmpty)
            {
                return default;
            }

            for (var i = 0; i < folded.Length; i++)
            {
                scratch[i] = (byte)(folded[i] ^ ((bits[i >> 3] >> (i & 7) & 1) * 0x20));
            }

            return scratch[..folded.Length];
        }

        int ReadVarint(scoped ref int at)
        {
            var value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var next = data[at++];
                value |= (next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }

    /// <summary>Takes names in order.</summary>
    internal sealed class Builder
    {
        readonly ArrayBufferWriter<byte> _originals = new();
        readonly int[] _starts;
        readonly List<int> _blockStarts = [];
        readonly List<int> _originalStarts = [];
        readonly List<uint> _differs = [];
        byte[] _text;
        int _length = 1;
        int _count;

        /// <param name="names">How many will come at most.</param>
        /// <param name="bytes">About how many bytes they have, with a line feed each.</param>
        public Builder(int names, int bytes)
        {
            _starts = ArrayPool<int>.Shared.Rent(names);
            _text = GC.AllocateUninitializedArray<byte>(bytes + 1);
            _text[0] = Line;
        }

        public void Add(ReadOnlySpan<byte> folded, ReadOnlySpan<byte> original)
        {
            BeginBlock(_length);
            if (!folded.SequenceEqual(original))
            {
                _differs[^1] |= 1u << (_count % BlockSize);
                AddOriginal(folded, original);
            }

            MakeRoom(folded.Length + 1);
            _starts[_count++] = _length;
            folded.CopyTo(_text.AsSpan(_length));
            _length += folded.Length + 1;
            _text[_length - 1] = Line;
        }

        /// <summary>Adds all of another column at once.</summary>
        public void AddAll(NameColumn names)
        {
            var text = names.Text[1..];
            MakeRoom(text.Length);
            text.CopyTo(_text.AsSpan(_length));
            var (shift, original) = (_length - 1, 0);
            _length += text.Length;
            for (var i = 0; i < names.Count; i++)
            {
                var start = names.Start(i);
                BeginBlock(start + shift);
                if (names._originals is not null && names._originals.Next(names, i, ref original) is { IsEmpty: false } stored)
                {
                    _differs[^1] |= 1u << (_count % BlockSize);
                    _originals.Write(stored);
                }

                _starts[_count++] = start + shift;
            }
        }

        /// <summary>Ends it: nothing may be added any more.</summary>
        public NameColumn Build()
        {
            if (_text.Length != _length)
            {
                Resize(_length);
            }

            var originals = _originals.WrittenCount == 0
                ? null
                : new Originals([.. _differs], [.. _originalStarts], _originals.WrittenSpan.ToArray());
            var names = new NameColumn(_text, [.. _blockStarts], _starts.AsSpan(0, _count), originals);
            ArrayPool<int>.Shared.Return(_starts);
            return names;
        }

        void BeginBlock(int start)
        {
            if (_count % BlockSize == 0)
            {
                _blockStarts.Add(start);
                _originalStarts.Add(_originals.WrittenCount);
                _differs.Add(0);
            }
        }

        void MakeRoom(int bytes)
        {
            if (_length + bytes > _text.Length)
            {
                Resize(Math.Max(2 * _text.Length, _length + bytes));
            }
        }

        void Resize(int length)
        {
            var text = GC.AllocateUninitializedArray<byte>(length);
            _text.AsSpan(0, _length).CopyTo(text);
            _text = text;
        }

        void AddOriginal(ReadOnlySpan<byte> folded, ReadOnlySpan<byte> original)
        {
            if (folded.Length > ScratchBytes || !Ascii.EqualsIgnoreCase(folded, original))
            {
                var header = (uint)original.Length + 1;
                for (; header >= 0x80; header >>= 7)
                {
                    Put(_originals, (byte)(header | 0x80));
                }

                Put(_originals, (byte)header);
                _originals.Write(original);
                return;
            }

            Put(_originals, 0);
            for (var i = 0; i < folded.Length; i += 8)
            {
                var bits = 0;
                for (var j = i; j < Math.Min(folded.Length, i + 8); j++)
                {
                    bits |= folded[j] == original[j] ? 0 : 1 << (j - i);
                }

                Put(_originals, (byte)bits);
            }
        }

        static void Put(ArrayBufferWriter<byte> writer, byte value)
        {
            writer.GetSpan(1)[0] = value;
            writer.Advance(1);
        }
    }
}
