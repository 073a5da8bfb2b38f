using System.Security.Cryptography;

namespace P2P.Content.Tests.Roots;

/// <summary>BEP 52 word by word: the whole padded tree in memory, every level of it.</summary>
static class MerkleOracle
{
    const int Block = 16384;

    /// <summary>All levels with their padding, leaves first.</summary>
    public static List<byte[][]> Levels(byte[] data)
    {
        int blocks = (data.Length + Block - 1) / Block;
        int leaves = 1;
        while (leaves < blocks)
            leaves *= 2;
        byte[][] level = [.. Enumerable.Range(0, leaves).Select(i => i < blocks ? HashBlock(data, i) : new byte[32])];
        List<byte[][]> levels = [level];
        while (level.Length > 1)
        {
            byte[][] children = level;
            level = [.. Enumerable.Range(0, children.Length / 2)
                .Select(i => SHA256.HashData([.. children[2 * i], .. children[2 * i + 1]]))];
            levels.Add(level);
        }

        return levels;
    }

    public static byte[] Root(byte[] data) => data.Length == 0 ? new byte[32] : Levels(data)[^1][0];

    static byte[] HashBlock(byte[] data, int block)
    {
        int offset = block * Block;
        return SHA256.HashData(data.AsSpan(offset, Math.Min(Block, data.Length - offset)));
    }
}
