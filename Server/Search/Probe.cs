using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace P2P.Server.Search;

/// <summary>Bytes that every name which fits contains, the line feeds around it included: what names are searched for first.</summary>
/// <param name="Text">The bytes; empty if there are none.</param>
/// <param name="Behind">How many bytes such a name has behind them at least, the line feed not counted.</param>
sealed record Probe(byte[] Text, int Behind = 0)
{
    const byte Line = (byte)'\n';

    /// <summary>Where they stand first at or behind a place of names that each end in a line feed; negative if nowhere.</summary>
    public int Next(ReadOnlySpan<byte> names, int from)
    {
        if (Text.Length > 0 && Vector256.IsHardwareAccelerated)
        {
            // Few letters come between one name and the next: this is the search of the framework without what each call of it costs.
            ref var start = ref MemoryMarshal.GetReference(names);
            var (first, last) = (Vector256.Create(Text[0]), Vector256.Create(Text[^1]));
            for (; from + Vector256<byte>.Count + Text.Length - 1 <= names.Length; from += Vector256<byte>.Count)
            {
                var both = Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)from), first)
                    & Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)(from + Text.Length - 1)), last);
                for (var found = both.ExtractMostSignificantBits(); found != 0; found &= found - 1)
                {
                    var at = from + BitOperations.TrailingZeroCount(found);
                    if (names.Slice(at, Text.Length).SequenceEqual(Text) && HasRoom(names, at + Text.Length))
                    {
                        return at;
                    }
                }
            }
        }

        while (from <= names.Length)
        {
            var found = names[from..].IndexOf(Text);
            if (found < 0 || HasRoom(names, from + found + Text.Length))
            {
                return found < 0 ? -1 : from + found;
            }

            from += found + 1;
        }

        return -1;
    }

    bool HasRoom(ReadOnlySpan<byte> names, int at) =>
        Behind == 0 || (at + Behind < names.Length && names[at] != Line && !names.Slice(at, Behind).Contains(Line));
}
