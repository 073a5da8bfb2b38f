using System.Globalization;
using System.Text;

namespace P2P.Commands;

/// <summary>Makes text that strangers chose safe to show: it can neither move the cursor, start a line nor turn its direction.</summary>
public static class SafeText
{
    /// <summary>
    /// Replaces control characters, format characters (bidirectional overrides among them), line separators and lone
    /// surrogates by <c>\u{hex}</c>. All else stays.
    /// </summary>
    public static string Escape(string text)
    {
        StringBuilder? safe = null;
        int start = 0;
        while (start < text.Length)
        {
            bool valid = Rune.TryGetRuneAt(text, start, out Rune rune);
            int length = valid ? rune.Utf16SequenceLength : 1;
            if (valid && !IsDangerous(rune))
                safe?.Append(text, start, length);
            else
                (safe ??= new StringBuilder(text, 0, start, text.Length + 16))
                    .Append(CultureInfo.InvariantCulture, $"\\u{{{(valid ? rune.Value : text[start]):x}}}");
            start += length;
        }

        return safe?.ToString() ?? text;
    }

    static bool IsDangerous(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
