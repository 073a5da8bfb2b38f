using System.Globalization;
using System.Text;

namespace P2P.Server.Search;

/// <summary>
/// The one folding of names and queries, under which case, accents, ligatures and compatibility forms do not count:
/// <c>Canción</c> folds as <c>CANCION</c> does, and <c>straße</c> as <c>STRASSE</c>.
/// </summary>
static class Fold
{
    /// <summary>The folded text. Folding twice changes nothing.</summary>
    public static string Text(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        var folded = Once(text);
        // Lower case of a few letters decomposes further; the second pass is then the fixed point.
        return Ascii.IsValid(folded) ? folded : Once(folded);
    }

    /// <summary>The folded text in UTF-8.</summary>
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(Text(text));

    static string Once(string text)
    {
        var output = new StringBuilder(text.Length + 8);
        foreach (var rune in Whole(text).Normalize(NormalizationForm.FormKD).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
            {
                continue;
            }

            var lower = Rune.ToLowerInvariant(rune);
            if (Letters(lower.Value) is { } letters)
            {
                output.Append(letters);
            }
            else
            {
                output.Append(lower);
            }
        }

        return output.ToString();
    }

    /// <summary>Lone surrogates and noncharacters have no normal form; they become the replacement character.</summary>
    static string Whole(string text)
    {
        var whole = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            whole.Append((rune.Value & 0xFFFE) == 0xFFFE ? Rune.ReplacementChar : rune);
        }

        return whole.ToString();
    }

    /// <summary>Letters that normalisation leaves alone but people type otherwise.</summary>
    static string? Letters(int lower) => lower switch
    {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' or 'ð' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'þ' => "th",
        'ς' => "σ",
        _ => null,
    };
}
