using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>A run of nodes of one level with the uncles that prove it (<see cref="MerkleProof"/>).</summary>
public sealed record ProvenNodes(int Level, long Index, ReadOnlyMemory<byte> Nodes, ReadOnlyMemory<byte> Uncles);

/// <summary>
/// Serves proofs for any layer of a file of which only the piece layer is kept: what lies below the pieces is computed
/// again from the file's bytes, and checked against the kept layer on the way.
/// </summary>
public static class FileProver
{
    /// <param name="file">Open for reading; read only where <paramref name="level"/> is below the pieces.</param>
    /// <param name="pieces">The tree above the file's piece layer (<see cref="FileHash.ToTree"/>).</param>
    /// <param name="level">Level of the nodes asked for.</param>
    /// <param name="index">Index of the first one.</param>
    /// <param name="count">How many; the caller sets the limit, for 2^level blocks are read for each.</param>
    /// <returns>Null when the file no longer has the bytes that were hashed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such nodes.</exception>
    public static ProvenNodes? Prove(SafeFileHandle file, MerkleTree pieces, int level, long index, int count)
    {
        if (!MerkleProof.IsRun(pieces.Shape, level, index, count))
            throw new ArgumentOutOfRangeException(nameof(index), index, "Not a run of nodes of this tree.");
        if (level >= pieces.BaseLevel)
            return new ProvenNodes(level, index, pieces.Nodes(level, index, count), pieces.Prove(level, index, count));
        return Below.Read(file, pieces, level, index, count)?.Prove(index, count);
    }

    // The levels from the one asked for up to the pieces, for the pieces that the run touches.
    sealed class Below(MerkleTree pieces, int level, long firstPiece, List<byte[]> levels)
    {
        public static Below? Read(SafeFileHandle file, MerkleTree pieces, int level, long index, int count)
        {
            int down = pieces.BaseLevel - level;
            long first = index >> down;
            long end = ((index + count - 1) >> down) + 1;
            List<byte[]> levels = [ReadLayer(file, pieces, level, first, end)];
            for (int at = level; at < pieces.BaseLevel; at++)
                levels.Add(MerkleTree.Parents(levels[^1], at));
            bool intact = levels[^1].AsSpan().SequenceEqual(pieces.Nodes(pieces.BaseLevel, first, end - first).Span);
            return intact ? new Below(pieces, level, first, levels) : null;
        }

        public ProvenNodes Prove(long index, int count)
        {
            ArrayBufferWriter<byte> uncles = new();
            foreach ((int at, long node) in MerkleProof.Uncles(pieces.Shape, level, index, count))
                uncles.Write((at < pieces.BaseLevel ? Nodes(at, node, 1) : pieces.Nodes(at, node, 1)).Span);
            return new ProvenNodes(level, index, Nodes(level, index, count), uncles.WrittenMemory);
        }

        ReadOnlyMemory<byte> Nodes(int at, long index, int count)
        {
            long first = firstPiece << (pieces.BaseLevel - at);
            return levels[at - level].AsMemory((int)(index - first) * MerkleHash.Size, count * MerkleHash.Size);
        }

        static byte[] ReadLayer(SafeFileHandle file, MerkleTree pieces, int level, long firstPiece, long endPiece)
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
