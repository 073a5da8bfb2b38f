using System.Text;
using FsCheck;
using FsCheck.Fluent;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;
using P2P.Server.Search.Postings;

namespace P2P.Server.Tests.Search;

public sealed class FuzzyTests
{
    [Theory]
    [InlineData("beethofen", "Beethoven - 5.flac", MatchKind.Fuzzy)]
    [InlineData("bethofen", "beethoven.flac", MatchKind.Fuzzy)]
    [InlineData("bethofem", "beethoven.flac", MatchKind.Unspecified)]
    [InlineData("recieve", "receive.c", MatchKind.Fuzzy)]
    [InlineData("lion", "line.txt", MatchKind.Unspecified)]
    [InlineData("lion", "lions.txt", MatchKind.Prefix)]
    [InlineData("lion", "loin.txt", MatchKind.Fuzzy)]
    [InlineData("lion", "version.txt", MatchKind.Unspecified)]
    [InlineData("cat", "car.txt", MatchKind.Unspecified)]
    [InlineData("beethofen.flac", "beethoven.flac", MatchKind.Fuzzy)]
    [InlineData("fur elsie", "Für Elise.mp3", MatchKind.Fuzzy)]
    [InlineData("fur elsie -mp3", "Für Elise.mp3", MatchKind.Unspecified)]
    [InlineData("\"fur elsie\"", "Für Elise.mp3", MatchKind.Unspecified)]
    [InlineData("весга", "Весна.jpg", MatchKind.Fuzzy)]
    public void Match_TypingErrors_AreForgivenByLength(string query, string name, MatchKind expected) =>
        Assert.Equal(expected, NameQuery.Parse(query, QueryKind.Fuzzy).Matcher.Match(Fold.Utf8(name)));

    [Fact]
    public void IsNear_AnyWords_AgreesWithTheTextbook()
    {
        var word = Gen.NonEmptyListOf(Gen.Elements('a', 'b', 'c', 'é')).Select(all => new string([.. all.Take(9)]));
        Prop.ForAll(word.Zip(word).ToArbitrary(), pair => Enumerable.Range(0, 3).All(edits =>
            new EditRows(Utf8(pair.Item1), edits).IsNear(Utf8(pair.Item2)) == (Distance(pair.Item1, pair.Item2) <= edits)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void Near_AnyList_FindsWhatLookingAtEachWordFinds()
    {
        var word = Gen.NonEmptyListOf(Gen.Elements('a', 'b', 'c', 'é')).Select(all => new string([.. all.Take(8)]));
        Prop.ForAll(Gen.NonEmptyListOf(word).Zip(word).ToArbitrary(), pair => Enumerable.Range(1, 2).All(edits =>
        {
            var builder = new WordListBuilder();
            builder.Add(Utf8("\n" + string.Join('\n', pair.Item1) + "\n"));
            var found = builder.Build().Near(new EditRows(Utf8(pair.Item2), edits), 1000).Select(Encoding.UTF8.GetString);
            var expected = pair.Item1.Distinct().Where(each => Utf8(each).Length >= 3 && Distance(each, pair.Item2) <= edits);
            return found.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal));
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    static int Distance(string one, string other)
    {
        if (one.Length == 0 || other.Length == 0)
        {
            return one.Length + other.Length;
        }

        var table = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                table[i, j] = i == 0 || j == 0 ? i + j : new[]
                {
                    table[i - 1, j] + 1,
                    table[i, j - 1] + 1,
                    table[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1),
                    i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] ? table[i - 2, j - 2] + 1 : int.MaxValue,
                }.Min();
            }
        }

        return table[one.Length, other.Length];
    }
}
