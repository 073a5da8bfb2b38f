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
    /// <summary>At most how many blocks of a part there are to look at.</summary>
    public virtual int Estimate(IndexPart part) => BlockCursor.Estimate(part.Postings, Terms);

    /// <summary>The blocks of a part to look at.</summary>
    public virtual BlockCursor Open(IndexPart part) => BlockCursor.Over(part.Postings, Terms);

    /// <summary>A sweep for names that contain all of some literals, which may begin and end with the line feed.</summary>
    /// <param name="wordStarts">What begins words of theirs.</param>
    public static Sweep For(MatchKind kind, IReadOnlyCollection<byte[]> literals, IEnumerable<byte[]> wordStarts)
    {
        var terms = literals.SelectMany(Postings.Terms.Of)
            .Concat(wordStarts.Select(start => Postings.Terms.OfWordStart(start)).OfType<TermRange>());
        return new Sweep(kind, literals.MaxBy(literal => literal.Length) ?? [], [.. terms.Distinct()]);
    }

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
