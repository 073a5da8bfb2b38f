using System.Collections;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Fetching;

/// <summary>
/// Which pieces a partial source says that it has. Told by one thread; read by another without a lock, for it is asked about every piece
/// again and again.
/// </summary>
public sealed class PieceMap(PieceGeometry geometry)
{
    readonly bool[] _have = new bool[geometry.PieceCount];
    volatile bool _complete;

    // In the pieces of the source, which need not be ours. Only the telling thread looks at it.
    BitArray _bits = new(0);
    long _size = geometry.PieceSize;

    public bool IsComplete => _complete;

    /// <summary>All bytes of one of our pieces are there.</summary>
    public bool Has(long piece) => _complete || Volatile.Read(ref _have[piece]);

    /// <summary>Takes what a source tells.</summary>
    /// <returns>False if it makes no sense.</returns>
    public bool Take(WatchAvailabilityResponse told) =>
        (told.Availability is not { } all || TakeAll(all)) && TakePieces(told.Pieces);

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
        for (long piece = 0; piece < _have.Length; piece++)
            Volatile.Write(ref _have[piece], IsCovered(piece));
        return true;
    }

    bool TakePieces(IEnumerable<long> pieces)
    {
        foreach (long piece in pieces)
        {
            if (piece < 0 || piece >= _bits.Length)
                return false;
            _bits[(int)piece] = true;
            (long first, long end) = geometry.PiecesOf(piece * _size, Math.Min(_size, geometry.Length - (piece * _size)));
            for (long ours = first; ours < end; ours++)
                Volatile.Write(ref _have[ours], IsCovered(ours));
        }

        return true;
    }

    bool IsCovered(long piece)
    {
        long first = geometry.OffsetOf(piece) / _size;
        long last = (geometry.OffsetOf(piece) + geometry.LengthOf(piece) - 1) / _size;
        for (long at = first; at <= last; at++)
        {
            if (!_bits[(int)at])
                return false;
        }

        return true;
    }
}
