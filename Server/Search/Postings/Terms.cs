using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P2P.Server.Search.Postings;

/// <summary>Takes the terms of a text.</summary>
interface ITermSink
{
    void Add(int term);
}

/// <summary>Terms that lie side by side; one alone where first and last are equal.</summary>
readonly record struct TermRange(int First, int Last)
{
    public bool IsOne => First == Last;
}

/// <summary>
/// What the index finds names by: three symbols of 6 bits each. A symbol stands for one letter, digit or frequent mark, or for
/// several of the rare ones; what shares a term by accident is sorted out by whoever looks at the names. The terms of a name are all
/// runs of three bytes of it, with a line feed before and behind, and the first two bytes of each of its words behind a symbol of their own.
/// </summary>
static class Terms
{
    /// <summary>How many there are.</summary>
    public const int Count = 1 << (3 * SymbolBits);

    const int SymbolBits = 6;
    const int MostSymbols = 1 << SymbolBits;
    const byte Edge = 41;
    const byte WordStart = 42;
    const byte Line = (byte)'\n';

    static readonly byte[] Symbols = MakeSymbols();

    /// <summary>Hands over the terms of names that stand between line feeds, some of them several times.</summary>
    public static void Walk<TSink>(ReadOnlySpan<byte> text, ref TSink sink)
        where TSink : struct, ITermSink, allows ref struct
    {
        ref var symbols = ref MemoryMarshal.GetArrayDataReference(Symbols);
        for (var i = 0; i + 1 < text.Length; i++)
        {
            var (a, b) = (text[i], text[i + 1]);
            if (b == Line)
            {
                // The last letter of a name starts no run of three: it gets a term to be found by alone.
                sink.Add(Term(Unsafe.Add(ref symbols, a), Edge, Edge));
                continue;
            }

            // A name ends in a line feed: there is one more byte.
            var tail = (Unsafe.Add(ref symbols, b) << SymbolBits) | Unsafe.Add(ref symbols, text[i + 2]);
            sink.Add((Unsafe.Add(ref symbols, a) << (2 * SymbolBits)) | tail);
            if (Position.IsWordByte(b) && !Position.IsWordByte(a))
            {
                sink.Add((WordStart << (2 * SymbolBits)) | tail);
            }
        }
    }

    /// <summary>What a name has if it contains a literal, which may begin and end with the line feed.</summary>
    public static IEnumerable<TermRange> Of(byte[] literal)
    {
        if (literal.Length is 1 or 2)
        {
            yield return Range(Symbols[literal[0]], literal.Length == 1 ? null : Symbols[literal[1]]);
        }

        for (var i = 0; i + 2 < literal.Length; i++)
        {
            var term = Term(Symbols[literal[i]], Symbols[literal[i + 1]], Symbols[literal[i + 2]]);
            yield return new TermRange(term, term);
        }
    }

    /// <summary>What a name has if one of its words begins with a literal; nothing, if that is no beginning of a word.</summary>
    public static TermRange? OfWordStart(ReadOnlySpan<byte> literal)
    {
        if (literal.IsEmpty || !Position.IsWordByte(literal[0]))
        {
            return null;
        }

        if (literal.Length == 1)
        {
            return Range(WordStart, Symbols[literal[0]]);
        }

        var term = Term(WordStart, Symbols[literal[0]], Symbols[literal[1]]);
        return new TermRange(term, term);
    }

    static TermRange Range(byte first, byte? second) => second is { } known
        ? new TermRange(Term(first, known, 0), Term(first, known, MostSymbols - 1))
        : new TermRange(Term(first, 0, 0), Term(first, MostSymbols - 1, MostSymbols - 1));

    static int Term(byte a, byte b, byte c) => (a << (2 * SymbolBits)) | (b << SymbolBits) | c;

    static byte[] MakeSymbols()
    {
        const string own = "abcdefghijklmnopqrstuvwxyz0123456789.-_ +";
        const int firstShared = 43;
        const int firstHigh = 48;
        var symbols = new byte[256];
        for (var value = 0; value < symbols.Length; value++)
        {
            var at = own.IndexOf((char)value, StringComparison.Ordinal);
            symbols[value] = value switch
            {
                Line => Edge,
                >= 0x80 => (byte)(firstHigh + ((value ^ (value >> 4)) & 15)),
                _ => (byte)(at >= 0 ? at : firstShared + (value % (firstHigh - firstShared))),
            };
        }

        return symbols;
    }
}
