using System.Globalization;

namespace Grpc.Wire;

/// <summary>The <c>grpc-timeout</c> header: one to eight digits and a unit out of <c>H M S m u n</c>.</summary>
static class TimeoutCodec
{
    const long MillisecondsPerSecond = 1000;
    const long MillisecondsPerMinute = 60 * MillisecondsPerSecond;
    const long MillisecondsPerHour = 60 * MillisecondsPerMinute;
    const long MaxValue = 99_999_999;
    const int MaxDigits = 8;

    /// <summary>
    /// Rounds up, so that a server never gives up before its client: to three significant digits below 1000 s (few
    /// distinct values compress well in HPACK), then to minutes below 1000 min, then to hours.
    /// </summary>
    /// <returns><c>1n</c> when nothing remains: zero is not a legal value.</returns>
    public static string Format(TimeSpan remaining)
    {
        if (remaining <= TimeSpan.Zero)
        {
            return "1n";
        }

        var milliseconds = CeilingDivide(remaining.Ticks, TimeSpan.TicksPerMillisecond);
        if (milliseconds < 1000 * MillisecondsPerSecond)
        {
            var rounded = RoundUpToThreeDigits(milliseconds);
            return rounded % MillisecondsPerSecond == 0
                ? Text(rounded / MillisecondsPerSecond, 'S')
                : Text(rounded, 'm');
        }

        return milliseconds < 1000 * MillisecondsPerMinute
            ? Text(CeilingDivide(milliseconds, MillisecondsPerMinute), 'M')
            : Text(Math.Min(CeilingDivide(milliseconds, MillisecondsPerHour), MaxValue), 'H');
    }

    /// <summary>Zero, more than eight digits, and an unknown unit are malformed. Parts of 100 ns round up.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > MaxDigits + 1 || text[..^1].ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }
        var value = long.Parse(text[..^1], CultureInfo.InvariantCulture);
        var ticks = text[^1] switch
        {
            'H' => value * TimeSpan.TicksPerHour,
            'M' => value * TimeSpan.TicksPerMinute,
            'S' => value * TimeSpan.TicksPerSecond,
            'm' => value * TimeSpan.TicksPerMillisecond,
            'u' => value * TimeSpan.TicksPerMicrosecond,
            'n' => CeilingDivide(value, TimeSpan.NanosecondsPerTick),
            _ => 0,
        };
        timeout = TimeSpan.FromTicks(ticks);
        return ticks > 0;
    }

    static long RoundUpToThreeDigits(long value)
    {
        var step = 1L;
        while (value / step >= 1000)
        {
            step *= 10;
        }

        return CeilingDivide(value, step) * step;
    }

    static long CeilingDivide(long value, long divisor) => (value / divisor) + (value % divisor == 0 ? 0 : 1);

    static string Text(long value, char unit) => string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
}
