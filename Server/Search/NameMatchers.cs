using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Search;

/// <summary>The whole name.</summary>
sealed class ExactMatcher(byte[] text) : INameMatcher
{
    public IReadOnlyList<Sweep> Sweeps { get; } = [Sweep.For(MatchKind.Exact, Edges.Around(text))];

    public MatchKind Match(ReadOnlySpan<byte> name) => name.SequenceEqual(text) ? MatchKind.Exact : MatchKind.Unspecified;
}

/// <summary>The name's beginning.</summary>
sealed class PrefixMatcher(byte[] text) : INameMatcher
{
    public IReadOnlyList<Sweep> Sweeps { get; } =
        [Sweep.For(MatchKind.Exact, Edges.Around(text)), Sweep.For(MatchKind.Prefix, Edges.Before(text))];

    public MatchKind Match(ReadOnlySpan<byte> name) =>
        !name.StartsWith(text) ? MatchKind.Unspecified : name.Length == text.Length ? MatchKind.Exact : MatchKind.Prefix;
}

/// <summary>Anywhere in the name.</summary>
sealed class SubstringMatcher(byte[] text) : INameMatcher
{
    public IReadOnlyList<Sweep> Sweeps { get; } =
    [
        Sweep.For(MatchKind.Exact, Edges.Around(text)),
        Sweep.For(MatchKind.Prefix, Edges.Before(text)),
        .. Sweep.WithinName([text]),
    ];

    public MatchKind Match(ReadOnlySpan<byte> name) => Position.Classify(name, text);
}

/// <summary>
/// Several words, all of which must occur, and some that must not. The kind is that of the whole text where it occurs as it was
/// typed, else of the worst placed word.
/// </summary>
sealed class WordsMatcher : INameMatcher
{
    readonly byte[] _typed;
    readonly byte[][] _words;
    readonly byte[][] _unwanted;

    public WordsMatcher(IReadOnlyList<string> words, IReadOnlyList<string> unwanted)
    {
        _typed = Fold.Utf8(string.Join(' ', words));
        _words = [.. words.Select(Fold.Utf8)];
        _unwanted = [.. unwanted.Select(Fold.Utf8)];
        Sweeps = _words.Length == 0 ? [Sweep.For(MatchKind.Unspecified, [], [])] :
        [
            Sweep.For(MatchKind.Exact, [Edges.Around(_typed), .. _words], []),
            Sweep.For(MatchKind.Prefix, [Edges.Before(_typed), .. _words], []),
            .. Sweep.WithinName(_words),
        ];
    }

    public IReadOnlyList<Sweep> Sweeps { get; }

    public MatchKind Match(ReadOnlySpan<byte> name)
    {
        var worst = MatchKind.Word;
        foreach (var word in _words)
        {
            var kind = Position.Classify(name, word);
            if (kind == MatchKind.Unspecified)
            {
                return MatchKind.Unspecified;
            }

            worst = kind > worst ? kind : worst;
        }

        if (HasUnwanted(name))
        {
            return MatchKind.Unspecified;
        }

        var whole = _typed.Length == 0 ? MatchKind.Unspecified : Position.Classify(name, _typed);
        return whole != MatchKind.Unspecified && whole < worst ? whole : worst;
    }

    public bool HasUnwanted(ReadOnlySpan<byte> name)
    {
        foreach (var word in _unwanted)
        {
            if (name.IndexOf(word) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Where a text stands in a name.</summary>
static class Position
{
    public static MatchKind Classify(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        var at = name.IndexOf(text);
        if (at < 0)
        {
            return MatchKind.Unspecified;
        }

        if (at == 0)
        {
            return name.Length == text.Length ? MatchKind.Exact : MatchKind.Prefix;
        }

        while (at >= 0)
        {
            if (at == 0 || !IsWordByte(name[at - 1]))
            {
                return MatchKind.Word;
            }

            var next = name[(at + 1)..].IndexOf(text);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return MatchKind.Substring;
    }

    /// <summary>Where the word that begins at a place ends; there, if none does.</summary>
    public static int WordEnd(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsWordByte(text[at]))
        {
            at++;
        }

        return at;
    }

    /// <summary>Bytes of other scripts all belong to words: they have few separators that fold to ASCII.</summary>
    public static bool IsWordByte(byte value) => value >= 0x80 || char.IsAsciiLetterOrDigit((char)value);
}
