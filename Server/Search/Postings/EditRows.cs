using System.Numerics;
using System.Text;

namespace P2P.Server.Search.Postings;

/// <summary>
/// A word, and how far others are from it: letters put in, left out, exchanged for another or with their neighbour count one each
/// (optimal string alignment). The table of distances is filled letter by letter, so that words with a common beginning share its rows.
/// </summary>
sealed class EditRows
{
    readonly int[] _word;
    readonly int[] _rows;
    readonly int[] _other;

    /// <param name="word">Folded UTF-8.</param>
    /// <param name="edits">How many are forgiven.</param>
    public EditRows(ReadOnlySpan<byte> word, int edits)
    {
        _word = [.. Encoding.UTF8.GetString(word).EnumerateRunes().Select(rune => rune.Value)];
        (Edits, Bytes, LetterSet) = (edits, word.Length, SetOf(word));
        // One row for each letter of the longest word that can be near, one before the first, and one that is too many.
        _rows = new int[(_word.Length + edits + 2) * Width];
        _other = new int[_word.Length + edits + 2];
        for (var i = 0; i < Width; i++)
        {
            _rows[i] = i;
        }
    }

    public int Edits { get; }

    public int Letters => _word.Length;

    /// <summary>Bytes of its UTF-8.</summary>
    public int Bytes { get; }

    /// <summary>Which letters it has, some of which share a bit. An edit adds one and takes one away, at most.</summary>
    public uint LetterSet { get; }

    int Width => _word.Length + 1;

    /// <summary>Takes a letter of the other word behind so many; false if no word that begins so is near.</summary>
    public bool Push(int depth, int letter)
    {
        if (depth > _word.Length + Edits)
        {
            return false;
        }

        _other[depth] = letter;
        var before = _rows.AsSpan(depth * Width, Width);
        var row = _rows.AsSpan((depth + 1) * Width, Width);

        // Cells further from the diagonal than the edits that are forgiven cannot be near; those beside the band say so.
        var (first, last) = (Math.Max(1, depth + 1 - Edits), Math.Min(_word.Length, depth + 1 + Edits));
        var least = row[first - 1] = first == 1 ? depth + 1 : Edits + 1;
        for (var i = first; i <= last; i++)
        {
            var cost = before[i - 1] + (_word[i - 1] == letter ? 0 : 1);
            cost = Math.Min(cost, Math.Min(i <= depth + Edits ? before[i] : Edits, row[i - 1]) + 1);
            if (i > 1 && depth > 0 && _word[i - 2] == letter && _word[i - 1] == _other[depth - 1])
            {
                cost = Math.Min(cost, _rows[((depth - 1) * Width) + i - 2] + 1);
            }

            row[i] = cost;
            least = Math.Min(least, cost);
        }

        return least <= Edits;
    }

    /// <summary>Whether the other word, of so many letters, is near.</summary>
    public bool IsNear(int depth) => Math.Abs(depth - _word.Length) <= Edits && _rows[(depth * Width) + _word.Length] <= Edits;

    /// <summary>Whether a folded word is near.</summary>
    public bool IsNear(ReadOnlySpan<byte> other)
    {
        if (other.Length > 4 * (_word.Length + Edits) || other.Length < _word.Length - Edits
            || BitOperations.PopCount(SetOf(other) ^ LetterSet) > 2 * Edits)
        {
            return false;
        }

        var depth = 0;
        while (!other.IsEmpty)
        {
            var letter = Next(ref other);
            if (!Push(depth++, letter))
            {
                return false;
            }
        }

        return IsNear(depth);
    }

    public static uint SetOf(ReadOnlySpan<byte> word)
    {
        var set = 0u;
        while (!word.IsEmpty)
        {
            // Only the lower bits of the letter count.
            set |= 1u << Next(ref word);
        }

        return set;
    }

    /// <summary>Takes the first letter off.</summary>
    public static int Next(ref ReadOnlySpan<byte> text)
    {
        if (text[0] < 0x80)
        {
            var letter = text[0];
            text = text[1..];
            return letter;
        }

        Rune.DecodeFromUtf8(text, out var rune, out var length);
        text = text[length..];
        return rune.Value;
    }
}
