using System.Numerics;

namespace P2P.Content;

/// <summary>
/// How a content is cut into pieces, the units of scheduling, proof and journalling. Every peer computes the same cut from
/// the length alone; the root does not depend on it.
/// </summary>
/// <remarks>
/// A piece is the smallest power of two, between 64 KiB and 16 MiB, that leaves at most 2,048 pieces; beyond 32 GiB the
/// number grows instead. So a layer of piece hashes is 64 KiB up to there, and a kill costs little:
/// <code>
/// up to 128 MiB   64 KiB        4 GiB    2 MiB
///       256 MiB  128 KiB        8 GiB    4 MiB
///       512 MiB  256 KiB       16 GiB    8 MiB
///         1 GiB  512 KiB       more     16 MiB
///         2 GiB    1 MiB
/// </code>
/// </remarks>
public readonly record struct PieceGeometry
{
    public const int MinPieceSize = 64 * 1024;
    public const int MaxPieceSize = 16 * 1024 * 1024;
    const int TargetPieces = 2048;

    /// <summary>The cut that every peer uses for a content of this length.</summary>
    public PieceGeometry(long length)
        : this(length, StandardPieceSize(new TreeShape(length).Length))
    {
    }

    /// <param name="length">Bytes of the content.</param>
    /// <param name="pieceSize">A power of two, at least 16 KiB.</param>
    public PieceGeometry(long length, int pieceSize)
    {
        Shape = new TreeShape(length);
        if (pieceSize < TreeShape.BlockSize || !BitOperations.IsPow2(pieceSize))
            throw new ArgumentOutOfRangeException(nameof(pieceSize), pieceSize, "A piece is a power of two of at least 16 KiB.");
        PieceSize = pieceSize;
    }

    public TreeShape Shape { get; }

    /// <summary>Bytes of every piece but the last.</summary>
    public int PieceSize { get; }

    public long Length => Shape.Length;

    /// <summary>Level of the tree whose nodes cover one piece each; at most the root's.</summary>
    public int PieceLevel => Math.Min(BlocksPerPieceLog2, Shape.Height);

    /// <summary>0 for the empty content.</summary>
    public long PieceCount => (Length + PieceSize - 1) / PieceSize;

    int BlocksPerPieceLog2 => BitOperations.Log2((uint)(PieceSize / TreeShape.BlockSize));

    public long OffsetOf(long piece) => Checked(piece) * PieceSize;

    /// <summary>Bytes of a piece; the last one may be short.</summary>
    public int LengthOf(long piece) => (int)Math.Min(PieceSize, Length - OffsetOf(piece));

    /// <summary>The piece that holds the byte at an offset.</summary>
    public long PieceAt(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, Length);
        return offset / PieceSize;
    }

    /// <summary>The pieces that hold at least one byte of a range, as first and end (exclusive). An empty range has none.</summary>
    public (long First, long End) PiecesOf(long offset, long length)
    {
        RequireRange(offset, length);
        return length == 0 ? (offset / PieceSize, offset / PieceSize) : (offset / PieceSize, (offset + length - 1) / PieceSize + 1);
    }

    /// <summary>The bytes of the pieces from <paramref name="first"/> to <paramref name="end"/> (exclusive).</summary>
    public (long Offset, long Length) BytesOf(long first, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, PieceCount);
        long offset = first * PieceSize;
        return (offset, Math.Max(0, Math.Min(Length, end * PieceSize) - offset));
    }

    static int StandardPieceSize(long length)
    {
        int size = MinPieceSize;
        while (size < MaxPieceSize && (long)size * TargetPieces < length)
            size *= 2;
        return size;
    }

    long Checked(long piece)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(piece, PieceCount);
        return piece;
    }

    void RequireRange(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
    }
}
