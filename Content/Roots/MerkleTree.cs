namespace P2P.Content;

/// <summary>
/// A tree from one of its layers up to the root, held in memory (64 bytes for each node of the base layer). Immutable.
/// </summary>
public sealed class MerkleTree
{
    readonly byte[][] _levels;

    MerkleTree(TreeShape shape, int baseLevel, byte[][] levels)
    {
        Shape = shape;
        BaseLevel = baseLevel;
        _levels = levels;
    }

    public TreeShape Shape { get; }

    /// <summary>The lowest level whose nodes this tree knows.</summary>
    public int BaseLevel { get; }

    public ContentRoot Root => Shape.Blocks == 0 ? ContentRoot.Empty : new ContentRoot(_levels[^1]);

    /// <summary>Builds the tree above a layer.</summary>
    /// <param name="shape">Shape of the whole file's tree.</param>
    /// <param name="level">Level of the layer; not above the root.</param>
    /// <param name="layer">All hashes of that level without padding. Copied.</param>
    /// <exception cref="ArgumentException">The number of hashes is not what the shape says.</exception>
    public static MerkleTree FromLayer(TreeShape shape, int level, ReadOnlySpan<byte> layer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, shape.Height);
        if (layer.Length != shape.NodesAt(level) * MerkleHash.Size)
            throw new ArgumentException("The layer has another number of hashes than a file of this length.", nameof(layer));
        byte[][] levels = new byte[shape.Height - level + 1][];
        levels[0] = layer.ToArray();
        for (int i = 1; i < levels.Length; i++)
            levels[i] = Parents(levels[i - 1], level + i - 1);
        return new MerkleTree(shape, level, levels);
    }

    /// <summary>The hashes of a run of nodes.</summary>
    public ReadOnlyMemory<byte> Nodes(int level, long index, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, BaseLevel);
        return _levels[level - BaseLevel].AsMemory(checked((int)(index * MerkleHash.Size)), checked((int)(count * MerkleHash.Size)));
    }

    /// <summary>Proves an aligned run of nodes of a level that this tree has.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such run.</exception>
    public MerkleProof Prove(int level, long index, int count) =>
        MerkleProof.Make(Shape, level, index, count, (at, node) => Nodes(at, node, 1));

    // The parents of a layer; an odd last node is paired with padding.
    internal static byte[] Parents(ReadOnlySpan<byte> layer, int level)
    {
        const int pair = 2 * MerkleHash.Size;
        byte[] parents = new byte[(layer.Length + pair - 1) / pair * MerkleHash.Size];
        int whole = layer.Length / pair;
        MerkleHash.Nodes(layer[..(whole * pair)], parents);
        if (layer.Length > whole * pair)
        {
            Span<byte> children = stackalloc byte[pair];
            layer[(whole * pair)..].CopyTo(children);
            MerkleHash.Padding(level).CopyTo(children[MerkleHash.Size..]);
            MerkleHash.Node(children, parents.AsSpan(whole * MerkleHash.Size));
        }

        return parents;
    }
}
