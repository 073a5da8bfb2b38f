using System.Numerics;

namespace P2P.Server.Search.Postings;

/// <summary>Blocks that have one thing or another.</summary>
sealed class BlockSet(int blocks)
{
    readonly byte[] _bits = new byte[(blocks + 7) / 8];

    public void Add(BlockCursor cursor)
    {
        for (var block = cursor.MoveTo(0); block != PostingCursor.End; block = cursor.MoveTo(block + 1))
        {
            Add(block);
        }
    }

    public void Add(PostingCursor cursor)
    {
        for (var block = cursor.MoveTo(0); block != PostingCursor.End; block = cursor.MoveTo(block + 1))
        {
            Add(block);
        }
    }

    public PostingCursor ToCursor()
    {
        var count = 0;
        foreach (var part in _bits)
        {
            count += BitOperations.PopCount(part);
        }

        return PostingCursor.OfBitmap(_bits, 0, blocks, count);
    }

    void Add(int block) => _bits[block >> 3] |= (byte)(1 << (block & 7));
}
