using System.Buffers;

namespace Grpc.Net.Client.Messages;

/// <summary>
/// One message with its prefix, in pooled chunks that stay below the large object heap. Chunks go back to the pool only
/// by <see cref="Reset"/>; where somebody may still read them, the collector takes them instead.
/// </summary>
sealed class FrameBuffer : IBufferWriter<byte>
{
    const int FirstChunkSize = 512;
    const int ChunkSize = 64 * 1024;

    readonly List<ArraySegment<byte>> _full = [];
    byte[] _chunk = [];
    int _used;
    long _fullLength;

    public long Length => _fullLength + _used;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_chunk.Length - _used), nameof(count));
        _used += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _chunk.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        for (var index = 0; index < _full.Count; index++)
        {
            await stream.WriteAsync(_full[index], cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(_chunk.AsMemory(0, _used), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the chunks to the pool: only when nobody reads them any more.</summary>
    public void Reset()
    {
        foreach (var segment in _full)
        {
            ArrayPool<byte>.Shared.Return(segment.Array!);
        }

        if (_chunk.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_chunk);
        }

        _full.Clear();
        _chunk = [];
        _used = 0;
        _fullLength = 0;
    }

    void Ensure(int sizeHint)
    {
        if (_chunk.Length - _used >= Math.Max(sizeHint, 1))
        {
            return;
        }

        if (_used > 0)
        {
            _full.Add(new ArraySegment<byte>(_chunk, 0, _used));
            _fullLength += _used;
        }

        // A first chunk that is outgrown was small; everything after it is bulk.
        _chunk = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, _full.Count == 0 ? FirstChunkSize : ChunkSize));
        _used = 0;
    }
}
