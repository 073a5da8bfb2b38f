using System.Buffers;
using System.Globalization;

namespace P2P.Benchmarks.Search;

/// <summary>Queries drawn from the names, with a fixed seed.</summary>
static class Queries
{
    public static readonly string[] Kinds = ["rare", "medium", "common", "short", "words", "miss", "glob", "typo"];

    static readonly SearchValues<char> Special = SearchValues.Create("*?\"/- \\%_[]");

    public static string[] Draw(string kind, string[] paths, int count)
    {
        var random = new Random(20_261_125);
        var queries = new List<string>();
        while (queries.Count < count)
        {
            var name = Corpus.BaseName(paths[random.Next(paths.Length)]);
            if (Make(kind, name, random) is { } query && query.All(letter => letter > ' ' || kind == "words"))
            {
                queries.Add(query);
            }
        }

        return [.. queries];
    }

    static string? Make(string kind, string name, Random random) => kind switch
    {
        "rare" => Cut(name, random.Next(8, 21), random),
        "medium" => Cut(name, random.Next(5, 8), random),
        "common" => Cut(name, random.Next(3, 5), random),
        "short" => Cut(name, random.Next(1, 3), random),
        "words" => Words(name, random),
        "miss" => Cut(name, 6, random) is { } part ? string.Create(CultureInfo.InvariantCulture, $"{part}qzx{random.Next(100)}") : null,
        "glob" => Cut(name, 4, random) is { } middle && name.Contains('.', StringComparison.Ordinal) && Plain(middle)
            ? $"*{middle}*{name[name.LastIndexOf('.')..]}" : null,
        _ => Typo(name, random),
    };

    static string? Cut(string name, int length, Random random)
    {
        if (name.Length < length)
        {
            return null;
        }

        var at = random.Next(name.Length - length + 1);
        var cut = name[at..(at + length)];
        return Plain(cut) ? cut : null;
    }

    /// <summary>Without what means something to a query.</summary>
    static bool Plain(string text) => text.AsSpan().IndexOfAny(Special) < 0 && text.All(char.IsAscii);

    static string[] WordsOf(string name) => [.. name.Split([' ', '-', '_', '.', '+'], StringSplitOptions.RemoveEmptyEntries).Where(Plain)];

    static string? Words(string name, Random random)
    {
        var words = WordsOf(name).Where(word => word.Length >= 2).Distinct().ToArray();
        random.Shuffle(words);
        return words.Length < 2 ? null : $"{words[0]} {words[1]}";
    }

    static string? Typo(string name, Random random)
    {
        var words = WordsOf(name).Where(word => word.Length >= 5 && word.All(char.IsAsciiLetter)).ToArray();
        if (words.Length == 0)
        {
            return null;
        }

        var word = words[random.Next(words.Length)].ToCharArray();
        word[random.Next(word.Length)] = (char)('a' + random.Next(26));
        return new string(word);
    }
}
