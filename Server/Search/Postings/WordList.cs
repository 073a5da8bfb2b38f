using System.Numerics;

namespace P2P.Server.Search.Postings;

/// <summary>
/// The distinct words of a part's names, those of one length side by side. Beside each stands which letters it has, which tells most words
/// that are far from another without looking at them. Immutable.
/// </summary>
sealed class WordList(byte[] text, uint[] letters, WordList.Group[] groups)
{
    /// <summary>Longer runs of letters and digits are no words that anyone mistypes.</summary>
    public const int MostBytes = 32;

    /// <summary>Bytes that a letter has at most.</summary>
    const int MostLetterBytes = 4;

    /// <summary>Words of as many bytes.</summary>
    /// <param name="IsAscii">Each byte of them is a letter.</param>
    /// <param name="Start">Where they stand in the text.</param>
    /// <param name="First">The number of the first of them.</param>
    internal readonly record struct Group(bool IsAscii, int Length, int Start, int First, int Count);

    public int Count => letters.Length;

    /// <summary>Bytes of memory.</summary>
    public long Size => text.Length + ((long)letters.Length * sizeof(uint));

    /// <summary>The words near one; at most so many.</summary>
    public IReadOnlyList<byte[]> Near(EditRows rows, int most)
    {
        var near = new List<byte[]>();
        foreach (var group in groups)
        {
            var isOfLength = group.IsAscii
                ? Math.Abs(group.Length - rows.Letters) <= rows.Edits
                : Math.Abs(group.Length - rows.Bytes) <= rows.Edits * MostLetterBytes;
            if (isOfLength)
            {
                Near(group, rows, most, near);
            }
        }

        return near;
    }

    void Near(in Group group, EditRows rows, int most, List<byte[]> near)
    {
        var sets = letters.AsSpan(group.First, group.Count);
        for (var i = 0; i < sets.Length && near.Count < most; i++)
        {
            if (BitOperations.PopCount(sets[i] ^ rows.LetterSet) > 2 * rows.Edits)
            {
                continue;
            }

            var word = text.AsSpan(group.Start + (i * group.Length), group.Length);
            if (rows.IsNear(word))
            {
                near.Add(word.ToArray());
            }
        }
    }
}
