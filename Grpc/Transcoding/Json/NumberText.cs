using System.Globalization;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>
/// Numbers as proto3 JSON reads them: the JSON number grammar, bare or in a string. An integer may be written 1.0 or 1e3 as long as
/// its value is exactly an integer, which is why no floating point type takes part.
/// </summary>
readonly ref struct NumberText
{
    readonly ReadOnlySpan<byte> _whole;
    readonly ReadOnlySpan<byte> _fraction;
    readonly int _exponent;

    NumberText(bool negative, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, int exponent)
    {
        IsNegative = negative;
        _whole = whole;
        _fraction = fraction.TrimEnd((byte)'0');
        _exponent = exponent;
    }

    bool IsNegative { get; }

    public static bool TryInt64(ReadOnlySpan<byte> text, long min, long max, out long value)
    {
        value = 0;
        if (!TryParse(text, out var number) || !number.TryMagnitude(out var magnitude))
        {
            return false;
        }
        var limit = number.IsNegative ? (ulong)-(min + 1) + 1 : (ulong)max;
        if (magnitude > limit && magnitude != 0)
        {
            return false;
        }
        value = number.IsNegative ? (long)(0 - magnitude) : (long)magnitude;
        return true;
    }

    public static bool TryUInt64(ReadOnlySpan<byte> text, ulong max, out ulong value)
    {
        value = 0;
        return TryParse(text, out var number) && number.TryMagnitude(out value) && value <= max && (!number.IsNegative || value == 0);
    }

    public static bool TryDouble(ReadOnlySpan<byte> text, out double value) =>
        TrySymbol(text, out value)
        || (TryParse(text, out _) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value));

    public static bool TrySingle(ReadOnlySpan<byte> text, out float value)
    {
        if (TrySymbol(text, out var symbol))
        {
            value = (float)symbol;
            return true;
        }
        value = 0;
        return TryParse(text, out _) && float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
    }

    static bool TrySymbol(ReadOnlySpan<byte> text, out double value)
    {
        value = text.SequenceEqual("NaN"u8) ? double.NaN
            : text.SequenceEqual("Infinity"u8) ? double.PositiveInfinity
            : text.SequenceEqual("-Infinity"u8) ? double.NegativeInfinity
            : 0;
        return value != 0;
    }

    static bool TryParse(ReadOnlySpan<byte> text, out NumberText number)
    {
        number = default;
        var negative = text is [(byte)'-', ..];
        text = text[(negative ? 1 : 0)..];
        var whole = TakeDigits(ref text);
        if (whole.IsEmpty || (whole.Length > 1 && whole[0] == '0'))
        {
            return false;
        }
        var fraction = ReadOnlySpan<byte>.Empty;
        if (text is [(byte)'.', ..])
        {
            text = text[1..];
            fraction = TakeDigits(ref text);
            if (fraction.IsEmpty)
            {
                return false;
            }
        }
        var exponent = 0;
        if (text is [(byte)'e' or (byte)'E', ..] && !TryExponent(ref text, out exponent))
        {
            return false;
        }
        number = new NumberText(negative, whole, fraction, exponent);
        return text.IsEmpty;
    }

    static bool TryExponent(scoped ref ReadOnlySpan<byte> text, out int exponent)
    {
        text = text[1..];
        var negative = text is [(byte)'-', ..];
        text = text[(text is [(byte)'+' or (byte)'-', ..] ? 1 : 0)..];
        var digits = TakeDigits(ref text);
        exponent = 0;
        foreach (var digit in digits)
        {
            // Far beyond any type's range, and far from overflow.
            exponent = Math.Min((exponent * 10) + (digit - '0'), 100_000_000);
        }
        exponent = negative ? -exponent : exponent;
        return !digits.IsEmpty;
    }

    static ReadOnlySpan<byte> TakeDigits(scoped ref ReadOnlySpan<byte> text)
    {
        var length = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var digits = length < 0 ? text : text[..length];
        text = text[digits.Length..];
        return digits;
    }

    bool TryMagnitude(out ulong value)
    {
        value = 0;
        // The value is whole·fraction × 10^shift; a negative shift must be paid for by trailing zeros of the whole part.
        var shift = (long)_exponent - _fraction.Length;
        var whole = _whole.TrimStart((byte)'0');
        if (whole.IsEmpty && _fraction.IsEmpty)
        {
            return true;
        }
        if (shift < 0)
        {
            if (!_fraction.IsEmpty || -shift >= whole.Length || whole[^(int)-shift..].ContainsAnyExcept((byte)'0'))
            {
                return false;
            }
            return TryAppend(ref value, whole[..^(int)-shift]);
        }
        if (!TryAppend(ref value, whole) || !TryAppend(ref value, _fraction))
        {
            return false;
        }
        for (; shift > 0 && value != 0; shift--)
        {
            if (!TryAppend(ref value, "0"u8))
            {
                return false;
            }
        }
        return true;
    }

    static bool TryAppend(ref ulong value, ReadOnlySpan<byte> digits)
    {
        foreach (var digit in digits)
        {
            var next = ((UInt128)value * 10) + (uint)(digit - '0');
            if (next > ulong.MaxValue)
            {
                return false;
            }
            value = (ulong)next;
        }
        return true;
    }
}
