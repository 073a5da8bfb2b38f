using System.Buffers;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Holds one encoded message until all of it is known to be good, and its length is known.</summary>
sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    byte[] _bytes = ArrayPool<byte>.Shared.Rent(1024);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        Length = 0;
        ArrayPool<byte>.Shared.Return(bytes);
    }

    void Reserve(int count)
    {
        if (_bytes.Length - Length >= Math.Max(count, 1))
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + count));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
