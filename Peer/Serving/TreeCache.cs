using P2P.Content;
using P2P.Peers.Sharing;

namespace P2P.Peers.Serving;

/// <summary>The trees above the piece layers of the contents that were described last.</summary>
sealed class TreeCache(HashCache hashes)
{
    const int Most = 32;

    readonly Lock _lock = new();
    readonly LinkedList<MerkleTree> _recent = new();

    /// <summary>Hashes of blocks from a first one to an end; null if they were not kept.</summary>
    public byte[]? FindBlocks(ContentId content, long first, long end) => hashes.FindBlocks(content, first, end);

    /// <summary>The tree above a content's pieces; null if its piece layer was lost.</summary>
    public MerkleTree? Find(ContentId content)
    {
        lock (_lock)
        {
            for (var node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Root == content.Root && node.Value.Shape.Length == content.Length)
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                    return node.Value;
                }
            }
        }

        if (hashes.FindLayer(content) is not { } layer)
        {
            return null;
        }

        var geometry = new PieceGeometry(content.Length);
        var tree = MerkleTree.FromLayer(geometry.Shape, geometry.PieceLevel, layer);
        lock (_lock)
        {
            _recent.AddFirst(tree);
            if (_recent.Count > Most)
            {
                _recent.RemoveLast();
            }
        }

        return tree;
    }
}
