using P2P.Contracts.DirectoryV1;
using P2P.Server.Search.Postings;

namespace P2P.Server.Search;

/// <summary>
/// One pass over the names, for one kind of match. A query makes its sweeps best kind first, so that what a budget cuts off is of
/// the worst kinds.
/// </summary>
/// <param name="Kind">The kind that counts; unspecified for any.</param>
/// <param name="Probe">
/// Bytes that every name of that kind contains, the line feeds around it included; empty if there are none. It is what names are
/// searched for first.
/// </param>
/// <param name="Terms">What their blocks have in the index.</param>
record Sweep(MatchKind Kind, byte[] Probe, IReadOnlyList<TermRange> Terms)
{
    /// <summary>What every name contains, in order of no meaning.</summary>
    public IReadOnlyCollection<byte[]> Literals { get; init; } = [];

    /// <summary>Whether the blocks are of folders, and probe and terms what a folder has.</summary>
    public bool OverFolders { get; private init; }

    /// <summary>At most how many blocks of a part there are to look at.</summary>
    public virtual int Estimate(IndexPart part) => BlockCursor.Estimate(part.Names.Postings, Terms);

    /// <summary>The blocks of a part to look at.</summary>
    public virtual BlockCursor Open(IndexPart part) => BlockCursor.Over(Of(part).Postings, Terms);

    /// <summary>The blocks that this goes through.</summary>
    public BlockIndex Of(IndexPart part) => OverFolders ? part.Folders : part.Names;

    /// <summary>A sweep of whole paths: a literal's part up to its last slash lies in the folder.</summary>
    public Sweep ToFolders()
    {
        var literals = Literals.Select(literal => literal[..(literal.AsSpan().LastIndexOf((byte)'/') + 1)]).Where(literal => literal.Length > 0).ToList();
        return For(MatchKind.Unspecified, literals, []) with { OverFolders = true };
    }

    /// <summary>A sweep for names that contain all of some literals, which may begin and end with the line feed.</summary>
    /// <param name="wordStarts">What begins words of theirs.</param>
    public static Sweep For(MatchKind kind, IReadOnlyCollection<byte[]> literals, IEnumerable<byte[]> wordStarts)
    {
        var terms = literals.SelectMany(Postings.Terms.Of)
            .Concat(wordStarts.Select(start => Postings.Terms.OfWordStart(start)).OfType<TermRange>());
        return new Sweep(kind, literals.MaxBy(literal => literal.Length) ?? [], [.. terms.Distinct()]) { Literals = literals };
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
