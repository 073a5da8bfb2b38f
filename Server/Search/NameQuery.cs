using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Search;

/// <summary>A query as the search understands it.</summary>
/// <param name="Matcher">What fits.</param>
/// <param name="OverPath">Whether whole paths are looked at, because the query has a slash.</param>
/// <param name="Guess">The same with typing errors forgiven, to be tried where the query finds nothing and did not say its kind.</param>
sealed record NameQuery(INameMatcher Matcher, bool OverPath, NameQuery? Guess)
{
    /// <summary>Bytes of a text that says so little that a few of the names it fits will do.</summary>
    const int MostShort = 2;

    public bool IsShort { get; private init; }

    /// <summary>All that fits in one sweep.</summary>
    public Sweep SweepOfAll { get; } = OverPath ? Matcher.Sweeps[^1].ToFolders() : Matcher.Sweeps[^1] with { Kind = MatchKind.Unspecified };

    public IFileScanner Scanner(Sweep sweep, SearchClock clock) =>
        OverPath ? new PathScanner(Matcher, sweep, clock) : new NameScanner(Matcher, sweep, clock);

    public static NameQuery Parse(string text, QueryKind kind)
    {
        var trimmed = text.Trim(' ');
        text = trimmed.Length == 0 ? text : trimmed;
        var overPath = text.Contains('/');
        var form = kind == QueryKind.Unspecified ? Form(text) : kind;
        var isPlain = kind == QueryKind.Unspecified && !overPath && form is QueryKind.Substring or QueryKind.Words;
        var guess = isPlain && Compile(text, QueryKind.Fuzzy) is FuzzyMatcher { Forgives: true } fuzzy ? new NameQuery(fuzzy, false, null) : null;
        return new NameQuery(Compile(text, form), overPath, guess) { IsShort = Fold.Utf8(text).Length <= MostShort };
    }

    static INameMatcher Compile(string text, QueryKind kind) => kind switch
    {
        QueryKind.Exact => new ExactMatcher(Fold.Utf8(text)),
        QueryKind.Prefix => new PrefixMatcher(Fold.Utf8(text)),
        QueryKind.Substring => new SubstringMatcher(Fold.Utf8(text)),
        QueryKind.Words => Words(text, (wanted, unwanted) => new WordsMatcher(wanted, unwanted)),
        QueryKind.Fuzzy => Words(text, (wanted, unwanted) => new FuzzyMatcher(wanted, unwanted)),
        QueryKind.Glob => new GlobMatcher(text),
        _ => throw new NotSupportedException($"No matcher for {kind}."),
    };

    static QueryKind Form(string text) =>
        text.AsSpan().IndexOfAny('*', '?') >= 0 ? QueryKind.Glob
        : text.Contains('"') || text.Trim(' ').Contains(' ') ? QueryKind.Words
        : QueryKind.Substring;

    /// <summary>Words stand between spaces, phrases between quotes; a missing last quote is forgiven.</summary>
    static INameMatcher Words(string text, Func<List<string>, List<string>, INameMatcher> make)
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

        return make(wanted, unwanted);
    }
}
