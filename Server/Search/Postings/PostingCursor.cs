using System.Buffers.Binary;
using System.Numerics;

namespace P2P.Server.Search.Postings;

/// <summary>Goes forward through the blocks that have a term.</summary>
struct PostingCursor
{
    /// <summary>Behind the last block.</summary>
    public const int End = int.MaxValue;

    public static readonly PostingCursor None = OfList([], 0, 0);

    readonly byte[] _data;
    readonly int _start;
    readonly int _bits;
    int _at;
    int _left;
    int _block;

    PostingCursor(byte[] data, int start, int count, int bits)
    {
        (_data, _start, _at, _left, _bits, _block) = (data, start, start, count, bits, -1);
        Count = count;
    }

    /// <summary>How many blocks there are in all.</summary>
    public int Count { get; }

    public static PostingCursor OfList(byte[] data, int start, int count) => new(data, start, count, -1);

    public static PostingCursor OfBitmap(byte[] data, int start, int bits, int count) => new(data, start, count, bits);

    /// <summary>The first block at or behind one; asked for in ascending order.</summary>
    public int MoveTo(int target)
    {
        if (_bits >= 0)
        {
            return NextBit(target);
        }

        while (_block < target)
        {
            if (_left == 0)
            {
                return End;
            }

            _left--;
            _block += Difference();
        }

        return _block;
    }

    /// <summary>The difference to the block before, at least 1.</summary>
    int Difference()
    {
        int value = _data[_at++];
        if (value < 0x80)
        {
            return value;
        }

        value &= 0x7F;
        for (var shift = 7; ; shift += 7)
        {
            var next = _data[_at++];
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    readonly int NextBit(int target)
    {
        while (target < _bits)
        {
            var at = _start + (target >> 3);
            var word = at + 8 <= _data.Length && target + 64 <= _bits
                ? BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan(at)) >> (target & 7)
                : (ulong)(_data[at] >> (target & 7));
            if (word != 0)
            {
                var found = target + BitOperations.TrailingZeroCount(word);
                return found < _bits ? found : End;
            }

            target = at + 8 <= _data.Length && target + 64 <= _bits ? (target & ~7) + 64 : (target & ~7) + 8;
        }

        return End;
    }
}
