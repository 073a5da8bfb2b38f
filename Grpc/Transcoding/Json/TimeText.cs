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

    public static bool TryParse(ReadOnlySpan<char> text, Timestamp value)
    {
        if (text.Length < 20
            || !DateTime.TryParseExact(text[..19], "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
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

    public static bool TryParse(ReadOnlySpan<char> text, Duration value)
    {
        var negative = text is ['-', ..];
        text = text[(negative ? 1 : 0)..];
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits < 1 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return false;
        }
        text = text[digits..];
        if (!TryFraction(ref text, out var nanos) || text is not "s" || seconds > MaxDurationSeconds || (seconds == MaxDurationSeconds && nanos > 0))
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

    // No fraction, or a point and one to nine digits.
    static bool TryFraction(ref ReadOnlySpan<char> text, out int nanos)
    {
        nanos = 0;
        if (text is not ['.', ..])
        {
            return true;
        }
        text = text[1..];
        var digits = text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;
        if (digits is < 1 or > 9)
        {
            return false;
        }
        nanos = int.Parse(text[..digits], CultureInfo.InvariantCulture) * (int)Math.Pow(10, 9 - digits);
        text = text[digits..];
        return true;
    }

    static bool TryOffset(ReadOnlySpan<char> text, out int seconds)
    {
        var isOffset = text is ['+' or '-', ..];
        var isGood = TimeSpan.TryParseExact(isOffset ? text[1..] : "00:00", @"hh\:mm", CultureInfo.InvariantCulture, out var offset);
        seconds = (int)offset.TotalSeconds * (text is ['-', ..] ? -1 : 1);
        return isGood && (isOffset || text is "Z");
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
