namespace P2P.Server.Store;

/// <summary>Reads the parts of a <see cref="BatchRecord"/>. Of bytes that are none it throws what spans throw, or <see cref="InvalidDataException"/>.</summary>
ref struct RecordReader(ReadOnlySpan<byte> left)
{
    const int UsualPathBytes = 256;

    ReadOnlySpan<byte> _left = left;
    byte[] _path = new byte[UsualPathBytes];
    int _pathLength;

    public byte Byte()
    {
        var value = _left[0];
        _left = _left[1..];
        return value;
    }

    public ReadOnlySpan<byte> Bytes(int length)
    {
        var value = _left[..length];
        _left = _left[length..];
        return value;
    }

    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next <= 0x7F)
            {
                return value;
            }
        }
    }

    /// <summary>A number of things that follow: each takes a byte at least, so that no damage asks for more memory than there are bytes.</summary>
    public int Count() => Number() is var count && count <= (ulong)_left.Length
        ? (int)count
        : throw new InvalidDataException("The record counts more than it holds.");

    public ReadOnlySpan<byte> Path() => Path(out _);

    /// <param name="isBehind">Whether it comes behind the path before it in the order of their bytes.</param>
    /// <returns>Good until the next one is read.</returns>
    public ReadOnlySpan<byte> Path(out bool isBehind)
    {
        var shared = (int)Number();
        var others = Bytes(Count());
        var last = _path.AsSpan(0, _pathLength);
        isBehind = last[shared..].SequenceCompareTo(others) < 0;
        _pathLength = checked(shared + others.Length);
        if (_pathLength > _path.Length)
        {
            Array.Resize(ref _path, 2 * _pathLength);
        }

        others.CopyTo(_path.AsSpan(shared));
        return _path.AsSpan(0, _pathLength);
    }
}
