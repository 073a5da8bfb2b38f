using System.Buffers;
using System.Buffers.Binary;

namespace Grpc.Net.Client.Messages;

/// <summary>
/// One message with its five-byte prefix, in pooled chunks that stay below the large object heap. Chunks go back to
/// the pool only by <see cref="Reset"/>; where somebody may still read them, the collector takes them instead.
/// </summary>
sealed class FrameBuffer : IBufferWriter<byte>
{
    const int PrefixLength = 5;
    const int ChunkSize = 64 * 1024;
    const int FirstChunkSize = 512;

    readonly List<(byte[] Bytes, int Length)> _full = [];
    byte[] _chunk = [];
    int _used;
    long _fullLength;

    /// <summary>Bytes on the wire, prefix included.</summary>
    public long Length => _fullLength + _used;

    public long PayloadLength => Length - PrefixLength;

    /// <summary>Begins a message; a known length saves a chunk that is too small.</summary>
    public void Begin(int payloadLength)
    {
        Reset();
        NewChunk(Math.Clamp(payloadLength + (long)PrefixLength, FirstChunkSize, ChunkSize));
        _used = PrefixLength;
    }

    /// <summary>Writes the prefix.</summary>
    public void End(bool compressed)
    {
        var first = _full.Count > 0 ? _full[0].Bytes : _chunk;
        first[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(first.AsSpan(1), checked((uint)PayloadLength));
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_chunk.Length - _used));
        _used += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _chunk.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _chunk.AsSpan(_used);
    }

    public async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        foreach (var (bytes, length) in _full)
        {
            await stream.WriteAsync(bytes.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(_chunk.AsMemory(0, _used), cancellationToken).ConfigureAwait(false);
    }

    public void CopyPayloadTo(Stream stream)
    {
        var skip = PrefixLength;
        foreach (var (bytes, length) in _full)
        {
            stream.Write(bytes, skip, length - skip);
            skip = 0;
        }

        stream.Write(_chunk, skip, _used - skip);
    }

    /// <summary>Becomes what the other was, and leaves it empty.</summary>
    public void TakeFrom(FrameBuffer other)
    {
        Reset();
        _full.AddRange(other._full);
        (_chunk, _used, _fullLength) = (other._chunk, other._used, other._fullLength);
        other._full.Clear();
        (other._chunk, other._used, other._fullLength) = ([], 0, 0);
    }

    /// <summary>The payload, valid until the buffer changes.</summary>
    public ReadOnlySequence<byte> Payload()
    {
        if (_full.Count == 0)
        {
            return new ReadOnlySequence<byte>(_chunk, PrefixLength, _used - PrefixLength);
        }

        var first = new Segment(_full[0].Bytes.AsMemory(0, _full[0].Length), previous: null);
        var last = first;
        foreach (var (bytes, length) in _full.Skip(1))
        {
            last = new Segment(bytes.AsMemory(0, length), last);
        }

        last = new Segment(_chunk.AsMemory(0, _used), last);
        return new ReadOnlySequence<byte>(first, PrefixLength, last, _used);
    }

    /// <summary>Returns the chunks to the pool: only when nobody reads them any more.</summary>
    public void Reset()
    {
        foreach (var (bytes, _) in _full)
        {
            ArrayPool<byte>.Shared.Return(bytes);
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

        _full.Add((_chunk, _used));
        _fullLength += _used;
        NewChunk(Math.Max(sizeHint, ChunkSize));
    }

    void NewChunk(long size)
    {
        _chunk = ArrayPool<byte>.Shared.Rent((int)size);
        _used = 0;
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
