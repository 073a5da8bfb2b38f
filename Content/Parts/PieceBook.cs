using System.Collections;

namespace P2P.Content;

/// <summary>
/// Which pieces are committed, and which blocks of the others are written. Its owner guards it.
/// </summary>
sealed class PieceBook(PieceGeometry geometry)
{
    readonly Dictionary<long, ContentRoot> _committed = [];
    readonly Dictionary<long, BitArray> _underWay = [];
    readonly HashSet<long> _believed = [];

    public long Count => _committed.Count;

    public IEnumerable<JournalRecord> Records => _committed.Select(entry => new JournalRecord(entry.Key, entry.Value));

    /// <summary>Committed pieces whose bytes this process has not seen.</summary>
    public IReadOnlyList<JournalRecord> Believed => [.. _believed.Select(piece => new JournalRecord(piece, _committed[piece]))];

    /// <summary>The root to which the committed pieces lead; all of them are there.</summary>
    public ContentRoot Root
    {
        get
        {
            byte[] layer = new byte[geometry.PieceCount * MerkleHash.Size];
            foreach ((long piece, ContentRoot hash) in _committed)
                hash.Bytes.CopyTo(layer.AsSpan((int)piece * MerkleHash.Size));
            return MerkleTree.FromLayer(geometry.Shape, geometry.PieceLevel, layer).Root;
        }
    }

    public bool Has(long piece) => _committed.ContainsKey(piece);

    public void Take(IEnumerable<JournalRecord> records)
    {
        foreach (JournalRecord record in records)
        {
            _committed[record.Piece] = record.Hash;
            _underWay.Remove(record.Piece);
        }
    }

    /// <summary>Takes pieces on the word of a journal.</summary>
    public void Believe(IReadOnlyList<JournalRecord> records)
    {
        Take(records);
        _believed.UnionWith(records.Select(r => r.Piece));
    }

    public void Clear()
    {
        _believed.Clear();
        _committed.Clear();
        _underWay.Clear();
    }

    public void RequireBlocks(long offset, int length)
    {
        bool inside = offset >= 0 && offset % TreeShape.BlockSize == 0 && length <= geometry.Length - offset;
        if (!inside || (length % TreeShape.BlockSize != 0 && offset + length != geometry.Length))
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "Only whole blocks of the content are written.");
    }

    public void Written(long offset, int length)
    {
        for (long end = offset + length; offset < end; offset += TreeShape.BlockSize)
        {
            long piece = geometry.PieceAt(offset);
            if (Has(piece))
                continue;
            if (!_underWay.TryGetValue(piece, out BitArray? blocks))
                _underWay.Add(piece, blocks = new BitArray((geometry.LengthOf(piece) + TreeShape.BlockSize - 1) / TreeShape.BlockSize));
            blocks[(int)((offset - geometry.OffsetOf(piece)) / TreeShape.BlockSize)] = true;
        }
    }

    public void RequireWritten(long piece)
    {
        if (!_underWay.TryGetValue(piece, out BitArray? blocks) || !blocks.HasAllSet())
            throw new InvalidOperationException("Blocks of the piece are missing.");
    }
}
