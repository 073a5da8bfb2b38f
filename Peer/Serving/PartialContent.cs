using System.Collections;
using Google.Protobuf;
using Microsoft.Win32.SafeHandles;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Serving;

/// <summary>
/// A download under way in another process of this user. Every piece that it is told of is read and checked against the root once,
/// and only then served.
/// </summary>
sealed class PartialContent : IServedContent
{
    readonly Lock _lock = new();
    readonly SafeFileHandle _file;
    readonly MerkleTree _pieces;
    readonly PieceGeometry _geometry;
    readonly byte[] _blocks;
    readonly BitArray _have;
    readonly List<long> _order = [];
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    PartialContent(ContentId content, string name, SafeFileHandle file, MerkleTree pieces)
    {
        (Content, Name, _file, _pieces) = (content, name, file, pieces);
        _geometry = new PieceGeometry(content.Length);
        _blocks = new byte[_geometry.Shape.Blocks * MerkleHash.Size];
        _have = new BitArray((int)_geometry.PieceCount);
    }

    public ContentId Content { get; }

    /// <summary>What it will be called.</summary>
    public string Name { get; }

    /// <summary>Nothing more will come.</summary>
    public bool IsOver => _ended.Task.IsCompleted;

    /// <summary>Ends when nothing more will come.</summary>
    public Task Ended => _ended.Task;

    public bool IsComplete => Count == _geometry.PieceCount;

    public long PieceCount => _geometry.PieceCount;

    /// <summary>Pieces that are served.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _order.Count;
        }
    }

    /// <summary>Opens a part; null if the layer of piece hashes does not lead to the root.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PartialContent? Open(ContentId content, string name, string partFile, byte[] pieceLayer)
    {
        var geometry = new PieceGeometry(content.Length);
        if (pieceLayer.Length != geometry.PieceCount * MerkleHash.Size)
        {
            return null;
        }

        var tree = MerkleTree.FromLayer(geometry.Shape, geometry.PieceLevel, pieceLayer);
        return tree.Root == content.Root
            ? new PartialContent(content, name, Disk.OpenBesideWriter(partFile), tree)
            : null;
    }

    /// <summary>Checks a piece, and serves it from now on.</summary>
    /// <returns>False if it is not what the content has there.</returns>
    public bool Add(long piece)
    {
        var hasher = new MerkleHasher(layer: 0);
        var buffer = new byte[Math.Min(_geometry.PieceSize, 256 * 1024)];
        var (offset, end) = (_geometry.OffsetOf(piece), _geometry.OffsetOf(piece) + _geometry.LengthOf(piece));
        for (int read; offset < end; offset += read)
        {
            read = RandomAccess.Read(_file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset);
            if (read == 0)
            {
                return false;
            }

            hasher.Append(buffer.AsSpan(0, read));
        }

        if (!hasher.Finish(_geometry.PieceLevel).Bytes.SequenceEqual(_pieces.Nodes(_geometry.PieceLevel, piece, 1).Span))
        {
            return false;
        }

        lock (_lock)
        {
            hasher.Layer.Span.CopyTo(_blocks.AsSpan((int)(_geometry.OffsetOf(piece) / TreeShape.BlockSize * MerkleHash.Size)));
            if (!_have[(int)piece])
            {
                _have[(int)piece] = true;
                _order.Add(piece);
            }
        }

        Wake();
        return true;
    }

    /// <summary>The download has ended, well or not.</summary>
    public void End()
    {
        _ended.TrySetResult();
        Wake();
    }

    public bool Covers(long offset, long count)
    {
        var (first, end) = _geometry.PiecesOf(offset, count);
        lock (_lock)
        {
            for (var piece = first; piece < end; piece++)
            {
                if (!_have[(int)piece])
                {
                    return false;
                }
            }
        }

        return true;
    }

    public Google.Rpc.Status? Read(Span<byte> buffer, long offset)
    {
        try
        {
            for (int read; buffer.Length > 0; buffer = buffer[read..], offset += read)
            {
                read = RandomAccess.Read(_file, buffer, offset);
                if (read == 0)
                {
                    return CatalogRefusal.Changed;
                }
            }

            return null;
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            return CatalogRefusal.Unreadable;
        }
    }

    /// <summary>A proof of hashes; null where they lie below pieces that are not here.</summary>
    public MerkleProof? Prove(int level, long index, int count)
    {
        var (first, end) = (index << level, Math.Min((index + count) << level, _pieces.Shape.Blocks));
        var isHere = level >= _pieces.BaseLevel || Covers(first * TreeShape.BlockSize, Math.Min(Content.Length, end * TreeShape.BlockSize) - (first * TreeShape.BlockSize));
        return isHere ? FileProver.Prove(_file, _pieces, level, index, count, Blocks) : null;
    }

    public Availability ToMessage()
    {
        if (IsComplete)
        {
            return new Availability { Complete = true };
        }

        var bitmap = new byte[(_have.Length + 7) / 8];
        lock (_lock)
        {
            foreach (var piece in _order)
            {
                bitmap[piece / 8] |= (byte)(0x80 >> (int)(piece % 8));
            }
        }

        return new Availability { PieceLength = _geometry.PieceSize, Bitmap = UnsafeByteOperations.UnsafeWrap(bitmap) };
    }

    /// <summary>Pieces that came after the first so many; waits until there are any, or none will come.</summary>
    public async Task<IReadOnlyList<long>> SinceAsync(int known, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (_lock)
            {
                if (_order.Count > known || IsOver)
                {
                    return _order[Math.Min(known, _order.Count)..];
                }

                next = _next.Task;
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // Who reads it at this moment is told that it cannot be read.
    void IDisposable.Dispose()
    {
    }

    /// <summary>Lets go of the file.</summary>
    public void Close() => _file.Dispose();

    byte[] Blocks(long first, long end)
    {
        lock (_lock)
        {
            return _blocks[(int)(first * MerkleHash.Size)..(int)(end * MerkleHash.Size)];
        }
    }

    void Wake()
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            (waiting, _next) = (_next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.SetResult();
    }
}
