using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// Serves proofs for any layer of a file of which the piece layer is kept: what lies below the pieces is computed from the hashes
/// of the blocks, or where they were not kept from the file's bytes, and checked against the kept layer on the way.
/// </summary>
public static class FileProver
{
    /// <param name="file">Open for reading; read only where <paramref name="level"/> is below the pieces.</param>
    /// <param name="pieces">The tree above the file's piece layer (<see cref="FileHash.ToTree"/>).</param>
    /// <param name="level">Level of the nodes asked for.</param>
    /// <param name="index">Index of the first one, a multiple of <paramref name="count"/>.</param>
    /// <param name="count">How many, a power of two; the caller sets the limit, for whole pieces are read.</param>
    /// <param name="blocks">Finds the hashes of blocks from a first one to an end; null where they were not kept.</param>
    /// <returns>Null when the file no longer has the bytes that were hashed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such nodes.</exception>
    public static MerkleProof? Prove(
        SafeFileHandle file, MerkleTree pieces, int level, long index, int count, Func<long, long, byte[]?>? blocks = null)
    {
        MerkleProof.RequireRun(pieces.Shape, level, index, count);
        if (level >= pieces.BaseLevel)
            return pieces.Prove(level, index, count);
        // The pieces that the run touches.
        int down = pieces.BaseLevel - level;
        long first = index >> down;
        long end = Math.Min(((index + count - 1) >> down) + 1, pieces.Shape.NodesAt(pieces.BaseLevel));
        byte[]? kept = blocks?.Invoke(first << pieces.BaseLevel, Math.Min(end << pieces.BaseLevel, pieces.Shape.Blocks));
        // Hashes that were kept and are damaged prove nothing, but the file may.
        return (kept is null ? null : Below.Make(pieces, level, first, end, Above(kept, level))?.Prove(index, count))
            ?? Below.Make(pieces, level, first, end, Below.ReadLayer(file, pieces, level, first, end))?.Prove(index, count);
    }

    static byte[] Above(byte[] blocks, int level)
    {
        for (int at = 0; at < level; at++)
            blocks = MerkleTree.Parents(blocks, at);
        return blocks;
    }

    // The levels from the one asked for up to the pieces, for the pieces that the run touches.
    sealed class Below(MerkleTree pieces, int level, long firstPiece, List<byte[]> levels)
    {
        public static Below? Make(MerkleTree pieces, int level, long first, long end, byte[] layer)
        {
            List<byte[]> levels = [layer];
            for (int at = level; at < pieces.BaseLevel; at++)
                levels.Add(MerkleTree.Parents(levels[^1], at));
            bool intact = levels[^1].AsSpan().SequenceEqual(pieces.Nodes(pieces.BaseLevel, first, end - first).Span);
            return intact ? new Below(pieces, level, first, levels) : null;
        }

        public MerkleProof Prove(long index, int count) =>
            MerkleProof.Make(pieces.Shape, level, index, count, (at, node) => at < pieces.BaseLevel ? Find(at, node) : pieces.Nodes(at, node, 1));

        ReadOnlyMemory<byte> Find(int at, long node)
        {
            long first = firstPiece << (pieces.BaseLevel - at);
            return levels[at - level].AsMemory((int)(node - first) * MerkleHash.Size, MerkleHash.Size);
        }

        public static byte[] ReadLayer(SafeFileHandle file, MerkleTree pieces, int level, long firstPiece, long endPiece)
        {
            MerkleHasher hasher = new(level);
            byte[] block = ArrayPool<byte>.Shared.Rent(TreeShape.BlockSize);
            try
            {
                long pieceSize = (long)TreeShape.BlockSize << pieces.BaseLevel;
                long end = Math.Min(pieces.Shape.Length, endPiece * pieceSize);
                for (long offset = firstPiece * pieceSize; offset < end;)
                {
                    int wanted = (int)Math.Min(block.Length, end - offset);
                    int read = RandomAccess.Read(file, block.AsSpan(0, wanted), offset);
                    if (read == 0)
                        break;
                    hasher.Append(block.AsSpan(0, read));
                    offset += read;
                }

                hasher.Finish(pieces.BaseLevel);
                return hasher.Layer.ToArray();
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(block);
            }
        }
    }
}
