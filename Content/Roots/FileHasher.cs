using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>
/// Hashes files with several threads, each of which holds one buffer of 256 KiB.
/// </summary>
public static class FileHasher
{
    const int BufferSize = 256 * 1024;

    // Below this, starting threads costs more than it saves; many small files are hashed side by side by the caller.
    const int InlineLength = 1024 * 1024;

    /// <summary>Hashes the file at a path; see the other overload.</summary>
    public static async Task<FileHash?> HashAsync(
        string path, int threads, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using SafeFileHandle file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        return await HashAsync(file, threads, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Hashes a file. Files of up to 1 MiB are hashed on the calling thread.</summary>
    /// <param name="file">Open for reading and seekable; stays the caller's.</param>
    /// <param name="threads">How many at most read and hash at once.</param>
    /// <param name="progress">Told the bytes done since it was told last; called from several threads.</param>
    /// <param name="cancellationToken">Stops within a buffer's time.</param>
    /// <param name="keepBlocks">Whether to keep the hashes of all blocks, in memory of 1/512 of the file.</param>
    /// <returns>Null when the file changed while it was read.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public static async Task<FileHash?> HashAsync(
        SafeFileHandle file, int threads, IProgress<long>? progress, CancellationToken cancellationToken, bool keepBlocks = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        FileStamp before = FileStamp.Of(file);
        Run run = new(file, new PieceGeometry(before.Length), progress, keepBlocks && before.Length <= FileHash.MostForBlocks);
        if (before.Length <= InlineLength || threads == 1)
            run.Work(cancellationToken);
        else
            await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(() => run.Work(cancellationToken), cancellationToken)))
                .ConfigureAwait(false);
        if (run.Truncated || FileStamp.Of(file) != before)
            return null;
        MerkleTree tree = MerkleTree.FromLayer(run.Geometry.Shape, run.Geometry.PieceLevel, run.Layer);
        return new FileHash(new ContentId(tree.Root, before.Length), run.Layer, before) { BlockLayer = run.Blocks };
    }

    /// <summary>The node of one piece in the tree; null if the file is too short for it.</summary>
    public static ContentRoot? HashPiece(
        SafeFileHandle file, PieceGeometry geometry, long piece, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            MerkleHasher hasher = new();
            return Append(file, geometry, piece, hasher, buffer, progress, cancellationToken) ? hasher.Finish(geometry.PieceLevel) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static bool Append(
        SafeFileHandle file, PieceGeometry geometry, long piece, MerkleHasher hasher, byte[] buffer, IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        long offset = geometry.OffsetOf(piece);
        for (long end = offset + geometry.LengthOf(piece); offset < end;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset);
            if (read == 0)
                return false;
            hasher.Append(buffer.AsSpan(0, read));
            progress?.Report(read);
            offset += read;
        }

        return true;
    }

    // The pieces are the unit of work; a thread takes the next one that none has taken.
    sealed class Run(SafeFileHandle file, PieceGeometry geometry, IProgress<long>? progress, bool keepBlocks)
    {
        long _next = -1;
        volatile bool _truncated;

        public PieceGeometry Geometry => geometry;

        public bool Truncated => _truncated;

        public byte[] Layer { get; } = new byte[geometry.PieceCount * MerkleHash.Size];

        public byte[] Blocks { get; } = keepBlocks ? new byte[geometry.Shape.Blocks * MerkleHash.Size] : [];

        public void Work(CancellationToken cancellationToken)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferSize, geometry.Length));
            try
            {
                MerkleHasher hasher = new(keepBlocks ? 0 : null);
                for (long piece; !_truncated && (piece = Interlocked.Increment(ref _next)) < geometry.PieceCount; hasher.Reset())
                {
                    _truncated |= !Append(file, geometry, piece, hasher, buffer, progress, cancellationToken);
                    if (!_truncated)
                        Keep(piece, hasher);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        void Keep(long piece, MerkleHasher hasher)
        {
            hasher.Finish(geometry.PieceLevel).Bytes.CopyTo(Layer.AsSpan((int)(piece * MerkleHash.Size)));
            hasher.Layer.Span.CopyTo(Blocks.AsSpan((int)Math.Min(Blocks.Length, geometry.OffsetOf(piece) / TreeShape.BlockSize * MerkleHash.Size)));
        }
    }
}
