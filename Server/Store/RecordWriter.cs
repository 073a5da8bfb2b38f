using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace P2P.Server.Store;

/// <summary>Writes the parts of a <see cref="BatchRecord"/> into rented memory.</summary>
/// <param name="size">About how many bytes will be written.</param>
sealed class RecordWriter(int size) : IDisposable
{
    const int LongestNumber = 10;

    byte[] _bytes = ArrayPool<byte>.Shared.Rent(size);
    byte[] _last = [];
    byte[] _next = [];
    int _written;
    int _lastLength;

    public void Byte(byte value)
    {
        MakeRoom(1);
        _bytes[_written++] = value;
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        MakeRoom(value.Length);
        value.CopyTo(_bytes.AsSpan(_written));
        _written += value.Length;
    }

    public void Number(ulong value)
    {
        MakeRoom(LongestNumber);
        for (; value > 0x7F; value >>= 7)
        {
            _bytes[_written++] = (byte)(value | 0x80);
        }

        _bytes[_written++] = (byte)value;
    }

    public void Path(string path)
    {
        var next = Next(Encoding.UTF8.GetMaxByteCount(path.Length));
        Path(Encoding.UTF8.GetBytes(path, next));
    }

    public void Path(ReadOnlySpan<byte> folder, ReadOnlySpan<byte> name)
    {
        var next = Next(folder.Length + name.Length);
        folder.CopyTo(next);
        name.CopyTo(next[folder.Length..]);
        Path(folder.Length + name.Length);
    }

    /// <summary>The record, with the checksum of all that was written behind it.</summary>
    public byte[] Sealed(Func<ReadOnlySpan<byte>, uint> checksum)
    {
        var written = _bytes.AsSpan(0, _written);
        var record = GC.AllocateUninitializedArray<byte>(_written + sizeof(uint));
        written.CopyTo(record);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(_written), checksum(written));
        return record;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    Span<byte> Next(int length)
    {
        if (_next.Length < length)
        {
            _next = new byte[2 * length];
        }

        return _next;
    }

    /// <summary>Writes the path that stands in the memory for the next one.</summary>
    void Path(int length)
    {
        var utf8 = _next.AsSpan(0, length);
        var shared = utf8.CommonPrefixLength(_last.AsSpan(0, _lastLength));
        Number((ulong)shared);
        Number((ulong)(length - shared));
        Bytes(utf8[shared..]);
        (_last, _next, _lastLength) = (_next, _last, length);
    }

    void MakeRoom(int bytes)
    {
        if (_written + bytes > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, _written + bytes));
            _bytes.AsSpan(0, _written).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
    }
}
