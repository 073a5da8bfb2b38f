namespace P2P.Content;

/// <summary>
/// Proofs that a run of nodes of one level belongs to a root. Beside the nodes themselves a proof has the uncles: level by
/// level upwards, the left neighbour of the run where its first node is a right child, then the right neighbour where its
/// last node is a left child and the neighbour covers at least one block. Padding is never sent: the length says where it is.
/// For a run that is one whole subtree this is the list of uncle hashes of BEP 52.
/// </summary>
public static class MerkleProof
{
    /// <summary>Whether the nodes are what the content has at that level from <paramref name="index"/> on.</summary>
    /// <param name="content">Root and length, from a source that is trusted.</param>
    /// <param name="level">Level of the nodes.</param>
    /// <param name="index">Index of the first one within its level.</param>
    /// <param name="nodes">Hashes, one after another; at least one.</param>
    /// <param name="uncles">Exactly the uncles, in order.</param>
    public static bool Verify(ContentId content, int level, long index, ReadOnlySpan<byte> nodes, ReadOnlySpan<byte> uncles)
    {
        if (!content.IsValid || content.Length == 0)
            return false;
        TreeShape shape = new(content.Length);
        long count = nodes.Length / MerkleHash.Size;
        if (nodes.Length % MerkleHash.Size != 0 || !IsRun(shape, level, index, count))
            return false;
        byte[] run = nodes.ToArray();
        for (; level < shape.Height; level++, index /= 2)
        {
            if ((index & 1) != 0 && !Take(ref uncles, ref run, left: true))
                return false;
            long end = (index & ~1L) + run.Length / MerkleHash.Size;
            if ((end & 1) != 0 && end < shape.NodesAt(level) && !Take(ref uncles, ref run, left: false))
                return false;
            run = MerkleTree.Parents(run, level);
        }

        return uncles.IsEmpty && content.Root.Bytes.SequenceEqual(run);
    }

    /// <summary>The uncles of a run of nodes, as level and index, in the order of a proof.</summary>
    public static IEnumerable<(int Level, long Index)> Uncles(TreeShape shape, int level, long index, long count)
    {
        if (!IsRun(shape, level, index, count))
            throw new ArgumentOutOfRangeException(nameof(index), index, "Not a run of nodes of this tree.");
        for (long end = index + count; level < shape.Height; level++, index /= 2, end = (end + 1) / 2)
        {
            if ((index & 1) != 0)
                yield return (level, index - 1);
            if ((end & 1) != 0 && end < shape.NodesAt(level))
                yield return (level, end);
        }
    }

    internal static bool IsRun(TreeShape shape, int level, long index, long count) =>
        level >= 0 && level <= shape.Height && index >= 0 && count > 0 && index <= shape.NodesAt(level) - count;

    static bool Take(ref ReadOnlySpan<byte> uncles, ref byte[] run, bool left)
    {
        if (uncles.Length < MerkleHash.Size)
            return false;
        ReadOnlySpan<byte> uncle = uncles[..MerkleHash.Size];
        run = left ? [.. uncle, .. run] : [.. run, .. uncle];
        uncles = uncles[MerkleHash.Size..];
        return true;
    }
}
