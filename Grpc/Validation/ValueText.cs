using System.Globalization;

namespace Grpc.Validation;

/// <summary>A closed range of sizes; no upper end means unlimited.</summary>
readonly record struct Range64(ulong Low, ulong? High)
{
    public bool Contains(long size) => (ulong)size >= Low && (High is not { } high || (ulong)size <= high);

    public bool IsBelow(long size) => (ulong)size < Low;

    public override string ToString() => (Low, High) switch
    {
        (var low, { } high) when low == high => $"exactly {low}",
        (0, { } high) => $"at most {high}",
        (var low, null) => $"at least {low}",
        (var low, { } high) => $"{low} to {high}",
    };
}

/// <summary>Values as they appear in violations.</summary>
static class ValueText
{
    const int MaxShown = 64;

    /// <summary>In quotes, cut after 64 characters, with nothing in it that could forge a line of a log or a terminal sequence.</summary>
    public static string Quote(string value)
    {
        StringBuilder text = new("\"");
        int shown = 0;
        foreach (Rune rune in value.EnumerateRunes())
        {
            if (shown++ == MaxShown)
            {
                return text.Append("…\"").ToString();
            }

            bool plain = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            _ = rune.Value is '"' or '\\' ? text.Append('\\').Append((char)rune.Value)
                : plain ? text.Append(rune) : text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }

        return text.Append('"').ToString();
    }

    public static int CodePoints(string value)
    {
        int count = value.Length;
        for (int i = 1; i < value.Length; i++)
        {
            count -= char.IsSurrogatePair(value[i - 1], value[i]) ? 1 : 0;
        }

        return count;
    }
}
