using System.Text;
using System.Text.RegularExpressions;

namespace Grpc.Validation;

/// <summary>
/// Patterns are written in RE2's language, the one of protovalidate. .NET reads the same language with three differences that matter:
/// <c>$</c> also matches before a final line feed, and <c>\d \w \s</c> take in all of Unicode. They are rewritten; time is linear in
/// the value for any pattern.
/// </summary>
static class Re2Pattern
{
    public static Regex Compile(string pattern, string owner)
    {
        try
        {
            return new Regex(ToDotNet(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new InvalidOperationException($"{owner}: the pattern {pattern} cannot be compiled.", error);
        }
    }

    internal static string ToDotNet(string pattern)
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
