using System.Buffers;
using System.Numerics;

namespace P2P.Content;

/// <summary>
/// Computes a root from bytes as they come, in memory that grows with the logarithm of the length, and on the way collects
/// one layer of the tree where asked. Not safe for use by several threads at once.
/// </summary>
/// <param name="layer">Level of the layer to collect (0: the blocks), or null.</param>
public sealed class MerkleHasher(int? layer = null)
{
    const int Pair = 2 * MerkleHash.Size;
    const int AtOnce = 16;

    // Per level a left and a right child, side by side, so that a parent is one hash over what already lies there.
    readonly byte[] _pairs = new byte[Pair * 40];
    readonly ArrayBufferWriter<byte>? _layer = layer is null ? null : new();
    byte[]? _partial;
    int _partialLength;
    long _blocks;

    /// <summary>Bytes appended since construction or <see cref="Reset"/>.</summary>
    public long Length { get; private set; }

    /// <summary>The hashes of the collected layer, complete after <see cref="Finish"/>; valid until <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<byte> Layer => _layer?.WrittenMemory ?? default;

    public void Append(ReadOnlySpan<byte> data)
    {
        Length += data.Length;
        if (_partialLength > 0)
            data = FillPartial(data);
        while (data.Length >= TreeShape.BlockSize)
        {
            int count = Math.Min(AtOnce, data.Length / TreeShape.BlockSize);
            AddBlocks(data[..(count * TreeShape.BlockSize)], count);
            data = data[(count * TreeShape.BlockSize)..];
        }

        if (data.Length > 0)
        {
            _partial ??= new byte[TreeShape.BlockSize];
            data.CopyTo(_partial);
            _partialLength = data.Length;
        }
    }

    /// <summary>Appends whole blocks by their hashes; for the short last one too. Nothing but blocks was appended before.</summary>
    public void AppendBlockHashes(ReadOnlySpan<byte> hashes)
    {
        for (; hashes.Length > 0; hashes = hashes[Math.Min(hashes.Length, AtOnce * MerkleHash.Size)..])
        {
            ReadOnlySpan<byte> some = hashes[..Math.Min(hashes.Length, AtOnce * MerkleHash.Size)];
            Length += some.Length / MerkleHash.Size * (long)TreeShape.BlockSize;
            AddHashes(some);
        }
    }

    /// <summary>The root of all bytes appended. Nothing may be appended afterwards, until <see cref="Reset"/>.</summary>
    /// <param name="level">Where the bytes are a part of a larger file: the level of the node that covers them.</param>
    public ContentRoot Finish(int level = 0)
    {
        if (_partialLength > 0)
        {
            AddBlock(_partial.AsSpan(0, _partialLength));
            _partialLength = 0;
        }

        if (_blocks == 0)
            return ContentRoot.Empty;
        int height = Math.Max(level, new TreeShape(_blocks * TreeShape.BlockSize).Height);
        bool carried = false;
        for (int at = 0; at < height; at++)
            carried = Close(at, carried);
        ReadOnlySpan<byte> root = Slot(height, right: false);
        if (layer > height)
            _layer!.Write(root);
        return new ContentRoot(root);
    }

    /// <summary>Forgets everything, keeps the buffers.</summary>
    public void Reset()
    {
        _partialLength = 0;
        _blocks = 0;
        Length = 0;
        _layer?.ResetWrittenCount();
    }

    // Returns what is left of the data once the partial block is full or the data is used up.
    ReadOnlySpan<byte> FillPartial(ReadOnlySpan<byte> data)
    {
        int taken = Math.Min(TreeShape.BlockSize - _partialLength, data.Length);
        data[..taken].CopyTo(_partial.AsSpan(_partialLength));
        _partialLength += taken;
        if (_partialLength == TreeShape.BlockSize)
        {
            AddBlock(_partial);
            _partialLength = 0;
        }

        return data[taken..];
    }

    void AddBlocks(ReadOnlySpan<byte> blocks, int count)
    {
        Span<byte> hashes = stackalloc byte[AtOnce * MerkleHash.Size];
        MerkleHash.Blocks(blocks, hashes);
        AddHashes(hashes[..(count * MerkleHash.Size)]);
    }

    // As many as make a whole subtree become its root at once; others one by one.
    void AddHashes(ReadOnlySpan<byte> hashes)
    {
        Span<byte> nodes = stackalloc byte[AtOnce * MerkleHash.Size];
        while (hashes.Length > 0)
        {
            int level = Math.Min(BitOperations.Log2((uint)(hashes.Length / MerkleHash.Size)), BitOperations.TrailingZeroCount((ulong)_blocks | AtOnce));
            Span<byte> row = nodes[..(MerkleHash.Size << level)];
            hashes[..row.Length].CopyTo(row);
            hashes = hashes[row.Length..];
            for (int at = 0; at < level; at++)
            {
                Collect(at, row);
                MerkleHash.Nodes(row, row);
                row = row[..(row.Length / 2)];
            }

            row.CopyTo(Slot(level, right: ((_blocks >> level) & 1) != 0));
            Carry(level);
        }
    }

    void AddBlock(ReadOnlySpan<byte> block)
    {
        MerkleHash.Block(block, NextBlock());
        Carry(0);
    }

    Span<byte> NextBlock() => Slot(0, right: (_blocks & 1) != 0);

    // A binary counter: the bits of the number of blocks say which levels wait for a right child. A node of a level was put in its slot.
    void Carry(int level)
    {
        int full = level + BitOperations.TrailingZeroCount(~(_blocks >> level));
        Collect(level, right: full > level);
        long added = 1L << level;
        for (; level < full; level++)
        {
            bool right = level + 1 < full;
            MerkleHash.Node(_pairs.AsSpan(level * Pair, Pair), Slot(level + 1, right));
            Collect(level + 1, right);
        }

        _blocks += added;
    }

    // Closes a level at the end of the file: the waiting left child and the node carried up from below become a parent,
    // with padding for the one that is missing. Returns whether a node was carried to the level above.
    bool Close(int level, bool carried)
    {
        bool waiting = IsSet(level);
        if (!waiting && !carried)
            return false;
        if (!(waiting && carried))
            MerkleHash.Padding(level).CopyTo(Slot(level, right: true));
        bool right = IsSet(level + 1);
        MerkleHash.Node(_pairs.AsSpan(level * Pair, Pair), Slot(level + 1, right));
        Collect(level + 1, right);
        return true;
    }

    bool IsSet(int level) => ((_blocks >> level) & 1) != 0;

    Span<byte> Slot(int level, bool right) =>
        _pairs.AsSpan(level * Pair + (right ? MerkleHash.Size : 0), MerkleHash.Size);

    void Collect(int level, bool right) => Collect(level, Slot(level, right));

    void Collect(int level, ReadOnlySpan<byte> hashes)
    {
        if (level == layer)
            _layer!.Write(hashes);
    }
}
