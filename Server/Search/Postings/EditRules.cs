using System.Text;

namespace P2P.Server.Search.Postings;

/// <summary>How many typing errors are forgiven.</summary>
static class EditRules
{
    /// <summary>Letters of the shortest word in which one is.</summary>
    public const int LeastLetters = 4;

    /// <summary>Letters of the shortest word in which two are.</summary>
    const int LongLetters = 8;

    /// <summary>By the letters of a folded word.</summary>
    public static int Edits(ReadOnlySpan<byte> word)
    {
        var letters = 0;
        for (; !word.IsEmpty; letters++)
        {
            Rune.DecodeFromUtf8(word, out _, out var length);
            word = word[length..];
        }

        return letters < LeastLetters ? 0 : letters < LongLetters ? 1 : 2;
    }
}
