namespace Grpc.Wire;

/// <summary>A growing buffer of rented memory, written as a stream or a buffer writer. Disposing gives the memory back.</summary>
sealed class PooledBuffer(int sizeHint) : Stream, IBufferWriter<byte>
{
    const int SmallestGrowth = 256;

    byte[] _bytes = ArrayPool<byte>.Shared.Rent(sizeHint);
    int _written;

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _written);

    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, _written);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    public void Clear() => _written = 0;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _written), nameof(count));
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFree(sizeHint);
        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        EnsureFree(buffer.Length);
        buffer.CopyTo(_bytes.AsSpan(_written));
        _written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (_bytes is not [])
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
            _written = 0;
        }
        base.Dispose(disposing);
    }

    void EnsureFree(int size)
    {
        if (_bytes.Length - _written >= Math.Max(size, 1))
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(
            Array.MaxLength, Math.Max((long)_written + Math.Max(size, SmallestGrowth), 2L * _bytes.Length)));
        _bytes.AsSpan(0, _written).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
