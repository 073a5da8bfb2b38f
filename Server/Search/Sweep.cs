using P2P.Contracts.DirectoryV1;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>
/// One pass over the names, for one kind of match. A query makes its sweeps best kind first, so that what a budget cuts off is of
/// the worst kinds.
/// </summary>
/// <param name="Kind">The kind that counts; unspecified for any.</param>
/// <param name="Probe">What names are searched for first.</param>
/// <param name="Terms">What their blocks have in the index.</param>
record Sweep(MatchKind Kind, Probe Probe, IReadOnlyList<TermRange> Terms)
{
    /// <summary>How much longer it takes to compare a name than to pass over it.</summary>
    const int PassedOver = 4;

    /// <summary>What every name contains, in order of no meaning.</summary>
    public IReadOnlyList<Probe> Literals { get; init; } = [];

    /// <summary>Whether the blocks are of folders, and probe and terms what a folder has.</summary>
    public bool OverFolders { get; private init; }

    /// <summary>Its blocks cost no more to find than terms do to intersect.</summary>
    public virtual bool IsOfTerms => true;

    /// <summary>What to look for in a part, one after the other.</summary>
    public virtual IEnumerable<Sweep> In(IndexPart part) => [this];

    /// <summary>The blocks of a part to look at.</summary>
    public virtual BlockCursor Open(IndexPart part) => BlockCursor.Over(Of(part).Postings, Terms);

    /// <summary>The blocks that this goes through.</summary>
    public BlockIndex Of(IndexPart part) => OverFolders ? part.Folders : part.Names;

    /// <summary>A sweep of whole paths: a literal's part up to its last slash lies in the folder.</summary>
    public Sweep ToFolders()
    {
        var literals = Literals.Select(literal => literal.Text[..(literal.Text.AsSpan().LastIndexOf((byte)'/') + 1)]).Where(literal => literal.Length > 0).ToList();
        return For(MatchKind.Unspecified, literals, []) with { OverFolders = true };
    }

    /// <summary>The same, but what fewest blocks have is searched for first.</summary>
    public Sweep Aimed(IndexSnapshot snapshot)
    {
        if (Literals.Count < 2 || OverFolders || snapshot.Parts.MaxBy(part => part.FileCount) is not { } largest)
        {
            return this;
        }

        // Most names in which a literal stands with too little behind it are passed over at once.
        long Cost(Probe literal) => BlockCursor.Estimate(largest.Names.Postings, [.. Postings.Terms.Of(literal.Text)]) * (literal.Behind > 0 ? 1L : PassedOver);
        return this with { Probe = Literals.MinBy(Cost)! };
    }

    /// <summary>A sweep for names that contain all of some literals, which may begin and end with the line feed.</summary>
    /// <param name="wordStarts">What begins words of theirs.</param>
    public static Sweep For(MatchKind kind, IReadOnlyCollection<byte[]> literals, IEnumerable<byte[]> wordStarts) =>
        ForProbes(kind, [.. literals.Select(literal => new Probe(literal))], wordStarts);

    public static Sweep ForProbes(MatchKind kind, IReadOnlyList<Probe> literals, IEnumerable<byte[]> wordStarts)
    {
        var terms = literals.SelectMany(literal => Postings.Terms.Of(literal.Text))
            .Concat(wordStarts.Select(start => Postings.Terms.OfWordStart(start)).OfType<TermRange>());
        return new Sweep(kind, literals.MaxBy(literal => literal.Text.Length) ?? new Probe([]), [.. terms.Distinct()]) { Literals = literals };
    }

    /// <summary>
    /// The sweeps for words that begin words of the name, and for words anywhere. Words that no mark separates from what is before them, since
    /// they begin with one, have no terms of their own for that: they are looked for once.
    /// </summary>
    public static IEnumerable<Sweep> WithinName(IReadOnlyCollection<byte[]> words) => words.Any(word => Postings.Terms.OfWordStart(word) is not null)
        ? [For(MatchKind.Word, words, words), For(MatchKind.Substring, words, [])]
        : [For(MatchKind.Unspecified, words, [])];

    public static Sweep For(MatchKind kind, byte[] literal) => For(kind, [literal], []);
}

/// <summary>The line feeds that stand around every name.</summary>
static class Edges
{
    const byte Line = (byte)'\n';

    public static byte[] Before(byte[] text) => [Line, .. text];

    public static byte[] Around(byte[] text) => [Line, .. text, Line];

    public static byte[] Behind(byte[] text) => [.. text, Line];
}
