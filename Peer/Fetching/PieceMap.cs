using System.Collections;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Fetching;

/// <summary>Which pieces a partial source says that it has. Told by one thread, read by another.</summary>
public sealed class PieceMap(PieceGeometry geometry)
{
    readonly Lock _lock = new();

    // In the pieces of the source, which need not be ours.
    BitArray _bits = new(0);
    long _size = geometry.PieceSize;
    bool _complete;

    public bool IsComplete
    {
        get
        {
            lock (_lock)
                return _complete;
        }
    }

    /// <summary>All bytes of one of our pieces are there.</summary>
    public bool Has(long piece)
    {
        lock (_lock)
        {
            if (_complete)
                return true;
            long first = geometry.OffsetOf(piece) / _size;
            long last = (geometry.OffsetOf(piece) + geometry.LengthOf(piece) - 1) / _size;
            for (long at = first; at <= last; at++)
            {
                if (at >= _bits.Length || !_bits[(int)at])
                    return false;
            }

            return true;
        }
    }

    /// <summary>Takes what a source tells.</summary>
    /// <returns>False if it makes no sense.</returns>
    public bool Take(WatchAvailabilityResponse told)
    {
        lock (_lock)
            return (told.Availability is not { } all || TakeAll(all)) && TakePieces(told.Pieces);
    }

    bool TakeAll(Availability all)
    {
        if (all.Complete)
            return _complete = true;
        bool isSize = all.PieceLength >= TreeShape.BlockSize && long.IsPow2(all.PieceLength);
        long count = isSize ? (geometry.Length + all.PieceLength - 1) / all.PieceLength : 0;
        if (!isSize || all.Bitmap.Length != (count + 7) / 8)
            return false;
        _size = all.PieceLength;
        _bits = new BitArray((int)count);
        for (int at = 0; at < count; at++)
            _bits[at] = (all.Bitmap[at / 8] & (0x80 >> (at % 8))) != 0;
        return true;
    }

    bool TakePieces(IEnumerable<long> pieces)
    {
        foreach (long piece in pieces)
        {
            if (piece < 0 || piece >= _bits.Length)
                return false;
            _bits[(int)piece] = true;
        }

        return true;
    }
}
