using System.Text.RegularExpressions;

namespace Grpc.Validation;

/// <summary>
/// Patterns are written in RE2's language, the one of protovalidate. .NET reads the same language with four differences that matter:
/// <c>$</c> also matches before a final line feed, <c>\d \w \s</c> take in all of Unicode, and what is matched are UTF-16 units, not
/// characters. Patterns and values are rewritten accordingly; time is linear in the value for any pattern.
/// </summary>
sealed class Re2Pattern
{
    /// <summary>For each Unicode category a rare character of the basic plane that stands in for the characters beyond it.</summary>
    const string StandIns = "\uA640\uA641\u1F88\uA60C\uA500\uA66F\uA823\uA670\uA620\uA6E6\uA830\u3000\u2028\u2029\u0085\u2060\uFFFF\uE000"
        + "\u203F\u2E3A\u2E28\u2E29\u2E02\u2E03\uA673\u2ADC\uA838\uA700\uA828\uFFFF";

    readonly Regex _regex;

    public Re2Pattern(string pattern, string owner)
    {
        try
        {
            _regex = new Regex(ToDotNet(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new InvalidOperationException($"{owner}: the pattern {pattern} cannot be compiled.", error);
        }
    }

    public bool IsMatch(string value) =>
        _regex.IsMatch(ValueText.CodePoints(value) == value.Length ? value : InOneUnitEach(value));

    /// <summary>A pattern can tell characters beyond the basic plane apart by category only (it may not spell them), so a stand-in will do.</summary>
    static string InOneUnitEach(string value)
    {
        StringBuilder text = new(value.Length);
        foreach (Rune rune in value.EnumerateRunes())
        {
            text.Append(rune.IsBmp ? (char)rune.Value : StandIns[(int)Rune.GetUnicodeCategory(rune)]);
        }

        return text.ToString();
    }

    static string ToDotNet(string pattern)
    {
        StringBuilder text = new(pattern.Length + 8);
        bool inClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                text.Append(Escape(pattern[++i], inClass));
                continue;
            }

            if (char.IsSurrogate(c))
            {
                throw new ArgumentException("characters beyond U+FFFF in a pattern are not supported");
            }

            // In a class, "]" right at the start is a literal in both languages.
            bool opens = c == '[' && !inClass;
            bool closes = c == ']' && inClass && !(pattern[i - 1] == '[' || (pattern[i - 1] == '^' && pattern[i - 2] == '['));
            inClass = opens || (inClass && !closes);
            text.Append(c == '$' && !inClass ? @"\z" : c);
        }

        return text.ToString();
    }

    static string Escape(char c, bool inClass) => c switch
    {
        'd' => inClass ? "0-9" : "[0-9]",
        'w' => inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]",
        's' => inClass ? @"\t\n\f\r " : @"[\t\n\f\r ]",
        'D' when !inClass => "[^0-9]",
        'W' when !inClass => "[^0-9A-Za-z_]",
        'S' when !inClass => @"[^\t\n\f\r ]",
        'D' or 'W' or 'S' => throw new ArgumentException(@"a negated class such as \D within [ ] is not supported"),
        _ => $"\\{c}",
    };
}
