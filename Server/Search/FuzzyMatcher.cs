using P2P.Contracts.DirectoryV1;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>
/// Words with typing errors. A word of four letters and more fits a word of the name that is one edit away, of eight and more one
/// that is two away, and whatever contains it as it was typed; shorter ones, and phrases, have to be contained. What fits without an
/// error has the kind that it has without this.
/// </summary>
sealed class FuzzyMatcher : INameMatcher
{
    readonly WordsMatcher _typed;
    readonly FuzzyWord[] _words;

    public FuzzyMatcher(IReadOnlyList<string> words, IReadOnlyList<string> unwanted)
    {
        _typed = new WordsMatcher(words, unwanted);
        _words = [.. words.Select(Fold.Utf8).SelectMany(Parts).Select(word => new FuzzyWord(word))];
        Sweeps = _words.Length == 0 ? _typed.Sweeps : [.. _typed.Sweeps, new FuzzySweep(_words, IsAsTyped: words.Select(Fold.Utf8).All(word => Position.WordEnd(word, 0) == word.Length))];
    }

    /// <summary>Whether there is a word in which an error is forgiven.</summary>
    public bool Forgives => _words.Any(word => word.Rows is not null);

    public IReadOnlyList<Sweep> Sweeps { get; }

    public MatchKind Match(ReadOnlySpan<byte> name)
    {
        var kind = _typed.Match(name);
        if (kind != MatchKind.Unspecified || _words.Length == 0 || _typed.HasUnwanted(name))
        {
            return kind;
        }

        foreach (var word in _words)
        {
            if (!word.Fits(name))
            {
                return MatchKind.Unspecified;
            }
        }

        return MatchKind.Fuzzy;
    }

    /// <summary>What stands between marks is a word of its own; a phrase is none.</summary>
    static IEnumerable<byte[]> Parts(byte[] word)
    {
        if (word.Contains((byte)' '))
        {
            yield return word;
            yield break;
        }

        for (var at = 0; at < word.Length;)
        {
            var end = Position.WordEnd(word, at);
            if (end > at)
            {
                yield return word[at..end];
            }

            at = end + 1;
        }
    }
}

/// <summary>A word as it was typed, and what it may have been meant to be.</summary>
sealed class FuzzyWord
{
    readonly EditRows? _rows;

    /// <param name="text">Folded.</param>
    public FuzzyWord(byte[] text)
    {
        Text = text;
        var edits = text.Contains((byte)' ') ? 0 : EditRules.Edits(text);
        _rows = edits > 0 && text.Length <= WordList.MostBytes ? new EditRows(text, edits) : null;
    }

    public byte[] Text { get; }

    /// <summary>Says how far another is from it; null if no error is forgiven.</summary>
    public EditRows? Rows => _rows;

    public bool Fits(ReadOnlySpan<byte> name)
    {
        if (name.IndexOf(Text) >= 0)
        {
            return true;
        }

        for (var at = 0; _rows is not null && at < name.Length;)
        {
            var end = Position.WordEnd(name, at);
            if (end - at is >= EditRules.LeastLetters - 1 and <= WordList.MostBytes && _rows.IsNear(name[at..end]))
            {
                return true;
            }

            at = end + 1;
        }

        return false;
    }
}
