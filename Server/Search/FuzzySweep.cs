using P2P.Contracts.DirectoryV1;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>
/// A sweep for words with typing errors: of each part of the index, the words that it has and that are near, and the blocks that
/// have one of them, or the word as it was typed.
/// </summary>
/// <param name="IsAsTyped">The words are all that was typed: what has them as they are is of another kind, and was found before.</param>
sealed record FuzzySweep(FuzzyWord[] Words, bool IsAsTyped) : Sweep(MatchKind.Fuzzy, new Probe([]), [])
{
    /// <summary>More words than these are near only to a word that says little.</summary>
    const int MostNear = 2000;

    public override bool IsOfTerms => false;

    /// <summary>For one word, a sweep for each word that is near: to look for it is much faster than to compare all names of its blocks.</summary>
    public override IEnumerable<Sweep> In(IndexPart part) => IsAsTyped && Words is [{ Rows: { } rows }]
        ? part.Words.Near(rows, MostNear).Select(near => For(MatchKind.Fuzzy, [near], [near]))
        : [this];

    public override BlockCursor Open(IndexPart part)
    {
        var cursors = new List<PostingCursor>();
        foreach (var word in Words)
        {
            var blocks = new BlockSet(part.Names.Postings.Blocks);
            blocks.Add(BlockCursor.Over(part.Names.Postings, [.. Postings.Terms.Of(word.Text)]));
            foreach (var near in word.Rows is { } rows ? part.Words.Near(rows, MostNear) : [])
            {
                blocks.Add(BlockCursor.Over(part.Names.Postings, [.. Postings.Terms.Of(near), .. Start(near)]));
            }

            cursors.Add(blocks.ToCursor());
        }

        return BlockCursor.Over(cursors, part.Names.Postings.Blocks);
    }

    static IEnumerable<TermRange> Start(byte[] word) => Postings.Terms.OfWordStart(word) is { } start ? [start] : [];
}
