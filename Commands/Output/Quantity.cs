using System.Globalization;

namespace P2P.Commands;

/// <summary>Sizes, rates and times as people read them; always with a point, whatever the locale.</summary>
public static class Quantity
{
    static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>Three digits at least: <c>812 B</c>, <c>1.44 MiB</c>, <c>23.8 GiB</c>.</summary>
    public static string Bytes(double bytes)
    {
        int unit = 0;
        while (bytes >= 1000 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        string format = unit == 0 || bytes >= 100 ? "0" : bytes >= 10 ? "0.0" : "0.00";
        return bytes.ToString(format, CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary><c>1 file</c>, <c>20,000 files</c>.</summary>
    public static string Files(long count) => count == 1 ? "1 file" : count.ToString("N0", CultureInfo.InvariantCulture) + " files";

    public static string Rate(double bytesPerSecond) => Bytes(bytesPerSecond) + "/s";

    /// <summary><c>0.4 s</c>, <c>42 s</c>, <c>3:07</c>, <c>2:03:55</c>.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        < 60 => time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s",
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"),
    };

    /// <summary>Reads <c>4096</c>, <c>64k</c>, <c>1.5GiB</c>; k, M, G, T are powers of 1024, with or without B or iB.</summary>
    public static bool TryParseBytes(string text, out long bytes)
    {
        ReadOnlySpan<char> number = text.AsSpan().Trim().TrimEnd("bB");
        number = number.EndsWith("i", StringComparison.OrdinalIgnoreCase) ? number[..^1] : number;
        int unit = number.IsEmpty ? -1 : "kmgtp".IndexOf(char.ToLowerInvariant(number[^1]), StringComparison.Ordinal);
        if (unit >= 0)
            number = number[..^1].TrimEnd();
        bool read = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value);
        double scaled = value * Math.Pow(1024, unit + 1);
        bytes = read && scaled <= 1L << 52 ? (long)scaled : 0;
        return read && scaled <= 1L << 52;
    }
}
