using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Search;

/// <summary>
/// <c>*</c> is any run of characters, <c>?</c> any one. The pattern is cut at its stars; each piece is taken at its leftmost place
/// behind the piece before, which finds a match whenever there is one, and never goes back: no pattern costs more than
/// name length times pattern length.
/// </summary>
sealed class GlobMatcher : INameMatcher
{
    const byte Line = (byte)'\n';

    readonly byte[][] _pieces;

    public GlobMatcher(string pattern)
    {
        _pieces = [.. pattern.Split('*').Select(Fold.Utf8)];
        Sweeps = [Sweep.ForProbes(MatchKind.Exact, [.. _pieces.SelectMany((piece, at) => Literals(Edged(piece, at), BytesBehind(at)))], [])];
    }

    public IReadOnlyList<Sweep> Sweeps { get; }

    public MatchKind Match(ReadOnlySpan<byte> name) => Matches(name) ? MatchKind.Exact : MatchKind.Unspecified;

    bool Matches(ReadOnlySpan<byte> name)
    {
        var at = Place(_pieces[0], name);
        if (at < 0 || _pieces.Length == 1)
        {
            return at == name.Length;
        }

        // What says no soonest; it is looked at again behind the other pieces.
        if (!EndsWith(_pieces[^1], name[at..]))
        {
            return false;
        }

        for (var i = 1; i < _pieces.Length - 1; i++)
        {
            at = PlaceAnywhere(_pieces[i], name, at);
            if (at < 0)
            {
                return false;
            }
        }

        return EndsWith(_pieces[^1], name[at..]);
    }

    /// <summary>The end of the piece's leftmost place at or behind a position, or -1.</summary>
    static int PlaceAnywhere(byte[] piece, ReadOnlySpan<byte> name, int from)
    {
        if (!piece.Contains((byte)'?'))
        {
            var found = name[from..].IndexOf(piece);
            return found < 0 ? -1 : from + found + piece.Length;
        }

        for (var start = from; start <= name.Length; start++)
        {
            var length = IsInside(name, start) ? -1 : Place(piece, name[start..]);
            if (length >= 0)
            {
                return start + length;
            }
        }

        return -1;
    }

    static bool EndsWith(byte[] piece, ReadOnlySpan<byte> name)
    {
        var at = name.Length;
        for (var i = piece.Length - 1; i >= 0; i--)
        {
            at--;
            if (at < 0)
            {
                return false;
            }

            if (piece[i] != (byte)'?')
            {
                if (name[at] != piece[i])
                {
                    return false;
                }

                continue;
            }

            while (at > 0 && IsInside(name, at))
            {
                at--;
            }
        }

        return true;
    }

    /// <summary>How many bytes the piece covers at the beginning of a text, or -1.</summary>
    static int Place(byte[] piece, ReadOnlySpan<byte> text)
    {
        var at = 0;
        foreach (var wanted in piece)
        {
            if (at >= text.Length || (wanted != (byte)'?' && wanted != text[at]))
            {
                return -1;
            }

            at++;
            while (wanted == (byte)'?' && at < text.Length && IsInside(text, at))
            {
                at++;
            }
        }

        return at;
    }

    /// <summary>The first piece stands at the name's beginning, the last at its end.</summary>
    byte[] Edged(byte[] piece, int at)
    {
        piece = at == 0 ? Edges.Before(piece) : piece;
        return at == _pieces.Length - 1 ? Edges.Behind(piece) : piece;
    }

    /// <summary>At least as many bytes of a name are covered by the pieces behind one.</summary>
    int BytesBehind(int at) => _pieces.Skip(at + 1).Sum(piece => piece.Length);

    /// <param name="behind">Bytes behind the piece.</param>
    static IEnumerable<Probe> Literals(byte[] piece, int behind)
    {
        var start = 0;
        for (var i = 0; i <= piece.Length; i++)
        {
            if (i == piece.Length || piece[i] == (byte)'?')
            {
                if (piece[start..i] is not ([] or [Line]) and var literal)
                {
                    yield return new Probe(literal, behind + piece[i..].Count(letter => letter != Line));
                }

                start = i + 1;
            }
        }
    }

    /// <summary>Whether a character of several bytes goes on here.</summary>
    static bool IsInside(ReadOnlySpan<byte> text, int at) => at < text.Length && (text[at] & 0xC0) == 0x80;
}
