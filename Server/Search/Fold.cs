using System.Globalization;
using System.Text;

namespace P2P.Server.Search;

/// <summary>
/// The one folding of names and queries, under which case, accents, ligatures, compatibility forms and what cannot be seen do not
/// count: <c>Canción</c> folds as <c>CANCION</c> does, and <c>straße</c> as <c>STRASSE</c>. What Unicode's full case folding takes for
/// equal, this does too; a test compares all code points with Unicode's data.
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

    /// <summary>Whether the runtime knows Unicode: without ICU it leaves every letter beyond ASCII as it is.</summary>
    public static bool IsUsable => "ó".Normalize(NormalizationForm.FormKD).Length == 2;

    /// <summary>The folded text in UTF-8.</summary>
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(Text(text));

    static string Once(string text)
    {
        var output = new StringBuilder(text.Length + 8);
        foreach (var rune in Whole(text).Normalize(NormalizationForm.FormKD).EnumerateRunes())
        {
            var lower = Rune.ToLowerInvariant(rune);
            if (Letters(lower.Value) is { } letters)
            {
                output.Append(letters);
            }
            else if (!IsIgnored(rune))
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

    /// <summary>Accents, joiners, marks of direction, zero-width spaces.</summary>
    static bool IsIgnored(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format;

    /// <summary>
    /// Letters that normalisation and lower case leave alone but that people type otherwise, and those that full case folding
    /// takes for others: the iota that is written below a vowel, and the letters of old Cyrillic print.
    /// </summary>
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
        '\u0345' => "ι",
        '\u1C80' => "в",
        '\u1C81' => "д",
        '\u1C82' => "о",
        '\u1C83' => "с",
        '\u1C84' or '\u1C85' => "т",
        '\u1C86' => "ъ",
        '\u1C87' => "ѣ",
        '\u1C88' => "ꙋ",
        _ => null,
    };
}
