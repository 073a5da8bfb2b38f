using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Search;

/// <summary>A query as the search understands it.</summary>
/// <param name="Matcher">What fits.</param>
/// <param name="OverPath">Whether whole paths are looked at, because the query has a slash.</param>
sealed record NameQuery(INameMatcher Matcher, bool OverPath)
{
    /// <summary>Whether that kind can be answered.</summary>
    public static bool Supports(QueryKind kind) => kind != QueryKind.Fuzzy;

    public static NameQuery Parse(string text, QueryKind kind)
    {
        var trimmed = text.Trim(' ');
        text = trimmed.Length == 0 ? text : trimmed;
        return new NameQuery(Compile(text, kind == QueryKind.Unspecified ? Guess(text) : kind), text.Contains('/'));
    }

    static INameMatcher Compile(string text, QueryKind kind) => kind switch
    {
        QueryKind.Exact => new ExactMatcher(Fold.Utf8(text)),
        QueryKind.Prefix => new PrefixMatcher(Fold.Utf8(text)),
        QueryKind.Substring => new SubstringMatcher(Fold.Utf8(text)),
        QueryKind.Words => Words(text),
        QueryKind.Glob => new GlobMatcher(text),
        _ => throw new NotSupportedException($"No matcher for {kind}."),
    };

    static QueryKind Guess(string text) =>
        text.AsSpan().IndexOfAny('*', '?') >= 0 ? QueryKind.Glob
        : text.Contains('"') || text.Trim(' ').Contains(' ') ? QueryKind.Words
        : QueryKind.Substring;

    /// <summary>Words stand between spaces, phrases between quotes; a missing last quote is forgiven.</summary>
    static WordsMatcher Words(string text)
    {
        List<string> wanted = [], unwanted = [];
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == ' ')
            {
                at++;
                continue;
            }

            var minus = text[at] == '-' && at + 1 < text.Length && text[at + 1] != ' ';
            at += minus ? 1 : 0;
            var quoted = text[at] == '"';
            at += quoted ? 1 : 0;
            var end = text.IndexOf(quoted ? '"' : ' ', at);
            end = end < 0 ? text.Length : end;
            if (end > at)
            {
                (minus ? unwanted : wanted).Add(text[at..end]);
            }

            at = end + (quoted ? 1 : 0);
        }

        return new WordsMatcher(wanted, unwanted);
    }
}
