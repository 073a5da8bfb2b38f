namespace P2P.Server.Calls;

/// <summary>
/// Reads the fields of a protobuf message in the order of their numbers, each once at most: as every writer writes them, though the format
/// allows more. Of a message that it cannot read so <see cref="IsGood"/> is false in the end; it never throws.
/// </summary>
ref struct WireReader(ReadOnlySpan<byte> message)
{
    const int LongestNumber = 10;
    const int KindBits = 3;
    const byte More = 0x80;
    const byte Varint = 0;
    const byte Fixed64 = 1;
    const byte Lengthy = 2;
    const byte Fixed32 = 5;

    ReadOnlySpan<byte> _left = message;

    /// <summary>Whether all that was read could be.</summary>
    public bool IsGood { get; private set; } = true;

    public readonly bool IsEnd => _left.IsEmpty;

    /// <summary>Whether a field of bytes comes next.</summary>
    public readonly bool IsAt(int field) => _left.Length > 0 && _left[0] == (byte)(field << KindBits | Lengthy);

    /// <summary>The next field, whatever it is, with all its bytes.</summary>
    public ReadOnlySpan<byte> Skip()
    {
        var field = _left;
        var tag = Byte();
        if (tag >= More)
        {
            return Fail();
        }

        switch (tag & ((1 << KindBits) - 1))
        {
            case Varint:
                Number();
                break;
            case Fixed64:
                Take(sizeof(ulong));
                break;
            case Lengthy:
                Take(Number());
                break;
            case Fixed32:
                Take(sizeof(uint));
                break;
            default:
                return Fail();
        }

        return field[..^_left.Length];
    }

    /// <summary>The bytes of the field that comes next.</summary>
    public ReadOnlySpan<byte> Message()
    {
        Byte();
        return Take(Number());
    }

    /// <summary>The field's bytes, if it comes next; nothing if another one does.</summary>
    public ReadOnlySpan<byte> Bytes(int field) => Bytes(field, out _);

    public ReadOnlySpan<byte> Bytes(int field, out bool isThere)
    {
        isThere = IsAt(field);
        return isThere ? Message() : default;
    }

    /// <summary>The field's number, if it comes next; null if another one does.</summary>
    public ulong? Number(int field)
    {
        if (_left.Length == 0 || _left[0] != field << KindBits)
        {
            return null;
        }

        Byte();
        return Number();
    }

    byte Byte()
    {
        if (_left.IsEmpty)
        {
            Fail();
            return 0;
        }

        var value = _left[0];
        _left = _left[1..];
        return value;
    }

    ulong Number()
    {
        ulong value = 0;
        for (var i = 0; i < LongestNumber; i++)
        {
            var next = Byte();
            value |= (ulong)(next & (More - 1)) << (7 * i);
            if (next < More)
            {
                return value;
            }
        }

        Fail();
        return 0;
    }

    ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_left.Length)
        {
            return Fail();
        }

        var value = _left[..(int)length];
        _left = _left[(int)length..];
        return value;
    }

    /// <summary>Nothing more is read.</summary>
    ReadOnlySpan<byte> Fail()
    {
        IsGood = false;
        _left = default;
        return default;
    }
}
