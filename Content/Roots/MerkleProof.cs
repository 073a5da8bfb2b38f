using System.Numerics;

namespace P2P.Content;

/// <summary>
/// An aligned run of nodes of one level, with the hashes that prove it, in the form of BEP 52's hash requests.
/// </summary>
/// <param name="Level">Level of the nodes; 0 is the blocks.</param>
/// <param name="Index">Index of the first node within its level, a multiple of the number of nodes.</param>
/// <param name="Nodes">Hashes, a power of two in number; those beyond the end of the file are padding.</param>
/// <param name="Uncles">The siblings of the nodes from the run's subtree up to the root, lowest first, padding included.</param>
public sealed record MerkleProof(int Level, long Index, ReadOnlyMemory<byte> Nodes, ReadOnlyMemory<byte> Uncles)
{
    /// <summary>Whether the nodes are what the content has at that place.</summary>
    /// <param name="content">Root and length, from someone who is trusted.</param>
    public bool Proves(ContentId content)
    {
        if (!content.IsValid || Nodes.Length % MerkleHash.Size != 0)
            return false;
        TreeShape shape = new(content.Length);
        int count = Nodes.Length / MerkleHash.Size;
        if (!IsRun(shape, Level, Index, count))
            return false;
        int top = Level + BitOperations.Log2((uint)count);
        return Uncles.Length == (shape.Height - top) * MerkleHash.Size
            && content.Root.Bytes.SequenceEqual(Climb(TopOf(Nodes.Span, Level), Index / count, Uncles.Span));
    }

    /// <summary>
    /// Whether a tree has such a run: a power of two of nodes, aligned, inside the padded tree, with at least one node that
    /// covers bytes of the file.
    /// </summary>
    public static bool IsRun(TreeShape shape, int level, long index, int count) =>
        level >= 0 && level <= shape.Height && count > 0 && BitOperations.IsPow2(count)
        && BitOperations.Log2((uint)count) <= shape.Height - level
        && index >= 0 && index % count == 0 && index < shape.NodesAt(level);

    // Makes a proof from nodes that "find" knows; padding need not be known to it.
    internal static MerkleProof Make(
        TreeShape shape, int level, long index, int count, Func<int, long, ReadOnlyMemory<byte>> find)
    {
        RequireRun(shape, level, index, count);
        byte[] nodes = new byte[count * MerkleHash.Size];
        for (int i = 0; i < count; i++)
            Copy(level, index + i, nodes.AsSpan(i * MerkleHash.Size));
        int top = level + BitOperations.Log2((uint)count);
        byte[] uncles = new byte[(shape.Height - top) * MerkleHash.Size];
        for (int at = top; at < shape.Height; at++)
            Copy(at, (index >> (at - level)) ^ 1, uncles.AsSpan((at - top) * MerkleHash.Size));
        return new MerkleProof(level, index, nodes, uncles);

        void Copy(int at, long node, Span<byte> destination) =>
            (node < shape.NodesAt(at) ? find(at, node).Span : MerkleHash.Padding(at)).CopyTo(destination);
    }

    internal static void RequireRun(TreeShape shape, int level, long index, int count)
    {
        if (!IsRun(shape, level, index, count))
            throw new ArgumentOutOfRangeException(nameof(index), index, "The tree has no such run of nodes.");
    }

    static byte[] TopOf(ReadOnlySpan<byte> nodes, int level)
    {
        byte[] run = nodes.ToArray();
        for (; run.Length > MerkleHash.Size; level++)
            run = MerkleTree.Parents(run, level);
        return run;
    }

    static byte[] Climb(byte[] node, long index, ReadOnlySpan<byte> uncles)
    {
        for (; uncles.Length > 0; index /= 2, uncles = uncles[MerkleHash.Size..])
        {
            ReadOnlySpan<byte> uncle = uncles[..MerkleHash.Size];
            byte[] children = (index & 1) == 0 ? [.. node, .. uncle] : [.. uncle, .. node];
            MerkleHash.Node(children, node);
        }

        return node;
    }
}
