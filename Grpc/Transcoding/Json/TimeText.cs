using System.Buffers.Text;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>Timestamps (RFC 3339, upper-case T and Z, as proto3 JSON wants them) and durations ("1.5s"), both to the nanosecond.</summary>
static class TimeText
{
    /// <summary>The longest text that either writes.</summary>
    public const int MaxLength = 40;

    const long MaxDurationSeconds = 315_576_000_000;
    const long FirstSecond = -62_135_596_800;
    const long LastSecond = 253_402_300_799;

    public static bool TryParse(ReadOnlySpan<byte> text, Timestamp value)
    {
        if (text.Length < 20 || !TryDateTime(text[..19], out var time))
        {
            return false;
        }
        text = text[19..];
        if (!TryFraction(ref text, out var nanos) || !TryOffset(text, out var offset))
        {
            return false;
        }
        value.Seconds = ((time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond) - offset;
        value.Nanos = nanos;
        return value.Seconds is >= FirstSecond and <= LastSecond;
    }

    public static bool TryFormat(Timestamp value, Span<byte> text, out int length)
    {
        length = 0;
        if (value.Seconds is < FirstSecond or > LastSecond || value.Nanos is < 0 or > 999_999_999)
        {
            return false;
        }
        var time = DateTime.UnixEpoch.AddSeconds(value.Seconds);
        time.TryFormat(text, out length, "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        length += WriteFraction(value.Nanos, text[length..]);
        text[length++] = (byte)'Z';
        return true;
    }

    public static bool TryParse(ReadOnlySpan<byte> text, Duration value)
    {
        if (text is not [.., (byte)'s'])
        {
            return false;
        }
        text = text[..^1];
        var negative = text is [(byte)'-', ..];
        text = text[(negative ? 1 : 0)..];
        if (text is not [>= (byte)'0' and <= (byte)'9', ..] || !Utf8Parser.TryParse(text, out long seconds, out var used))
        {
            return false;
        }
        text = text[used..];
        if (!TryFraction(ref text, out var nanos) || !text.IsEmpty || seconds > MaxDurationSeconds || (seconds == MaxDurationSeconds && nanos > 0))
        {
            return false;
        }
        (value.Seconds, value.Nanos) = negative ? (-seconds, -nanos) : (seconds, nanos);
        return true;
    }

    public static bool TryFormat(Duration value, Span<byte> text, out int length)
    {
        length = 0;
        var (seconds, nanos) = (value.Seconds, value.Nanos);
        if (Math.Abs((decimal)seconds) > MaxDurationSeconds || nanos is < -999_999_999 or > 999_999_999
            || (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0))
        {
            return false;
        }
        if (seconds < 0 || nanos < 0)
        {
            text[length++] = (byte)'-';
        }
        Math.Abs(seconds).TryFormat(text[length..], out var written, default, CultureInfo.InvariantCulture);
        length += written;
        length += WriteFraction(Math.Abs(nanos), text[length..]);
        text[length++] = (byte)'s';
        return true;
    }

    static bool TryDateTime(ReadOnlySpan<byte> text, out DateTime time)
    {
        time = default;
        if (!TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..10], out var day)
            || !TryDigits(text[11..13], out var hour) || !TryDigits(text[14..16], out var minute) || !TryDigits(text[17..19], out var second))
        {
            return false;
        }
        if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':'
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }
        time = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        return true;
    }

    static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }
            value = (value * 10) + (digit - '0');
        }
        return true;
    }

    // No fraction, or a point and one to nine digits.
    static bool TryFraction(ref ReadOnlySpan<byte> text, out int nanos)
    {
        nanos = 0;
        if (text is not [(byte)'.', ..])
        {
            return true;
        }
        text = text[1..];
        var digits = 0;
        for (; digits < text.Length && char.IsAsciiDigit((char)text[digits]); digits++)
        {
            nanos = digits < 9 ? (nanos * 10) + (text[digits] - '0') : nanos;
        }
        text = text[digits..];
        for (var missing = digits; missing < 9; missing++)
        {
            nanos *= 10;
        }
        return digits is >= 1 and <= 9;
    }

    static bool TryOffset(ReadOnlySpan<byte> text, out int seconds)
    {
        seconds = 0;
        if (text.SequenceEqual("Z"u8))
        {
            return true;
        }
        if (text is not [(byte)'+' or (byte)'-', _, _, (byte)':', _, _]
            || !TryDigits(text[1..3], out var hours) || !TryDigits(text[4..], out var minutes) || hours > 23 || minutes > 59)
        {
            return false;
        }
        seconds = ((hours * 60) + minutes) * (text[0] == '-' ? -60 : 60);
        return true;
    }

    // None, three, six or nine digits, whichever is exact.
    static int WriteFraction(int nanos, Span<byte> text)
    {
        if (nanos == 0)
        {
            return 0;
        }
        var digits = nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
        text[0] = (byte)'.';
        for (var (at, rest) = (9, nanos); at > 0; at--, rest /= 10)
        {
            if (at <= digits)
            {
                text[at] = (byte)('0' + (rest % 10));
            }
        }
        return digits + 1;
    }
}
