using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;
using P2P.Server.Search.Postings;

namespace P2P.Server.Tests.Search;

public sealed class MatcherTests
{
    [Theory]
    [InlineData("file1.txt", QueryKind.Unspecified, "FILE1.TXT", MatchKind.Exact)]
    [InlineData("file", QueryKind.Unspecified, "file1.txt", MatchKind.Prefix)]
    [InlineData("txt", QueryKind.Unspecified, "file1.txt", MatchKind.Word)]
    [InlineData("ile", QueryKind.Unspecified, "file1.txt", MatchKind.Substring)]
    [InlineData("ab", QueryKind.Unspecified, "xab-ab", MatchKind.Word)]
    [InlineData("nope", QueryKind.Unspecified, "file1.txt", MatchKind.Unspecified)]
    [InlineData("file", QueryKind.Exact, "file1.txt", MatchKind.Unspecified)]
    [InlineData("ile", QueryKind.Prefix, "file1.txt", MatchKind.Unspecified)]
    [InlineData("trip summer", QueryKind.Unspecified, "summer-trip.jpg", MatchKind.Word)]
    [InlineData("trip -summer", QueryKind.Unspecified, "summer-trip.jpg", MatchKind.Unspecified)]
    [InlineData("trip -winter", QueryKind.Unspecified, "summer-trip.jpg", MatchKind.Word)]
    [InlineData("\"summer trip\"", QueryKind.Unspecified, "my summer trip.jpg", MatchKind.Word)]
    [InlineData("\"summer trip\"", QueryKind.Unspecified, "summer-trip.jpg", MatchKind.Unspecified)]
    [InlineData("summer trip", QueryKind.Unspecified, "summer trip", MatchKind.Exact)]
    [InlineData("*.jpg", QueryKind.Unspecified, "a.jpg", MatchKind.Exact)]
    [InlineData("*.jp", QueryKind.Unspecified, "a.jpg", MatchKind.Unspecified)]
    [InlineData("f?le*", QueryKind.Unspecified, "file1.txt", MatchKind.Exact)]
    [InlineData("?", QueryKind.Unspecified, "日", MatchKind.Exact)]
    [InlineData("*?", QueryKind.Unspecified, "日", MatchKind.Exact)]
    [InlineData("CANCION", QueryKind.Unspecified, "Canción.mp3", MatchKind.Prefix)]
    [InlineData("a*b*c", QueryKind.Substring, "xa*b*cx", MatchKind.Substring)]
    public void Match_Query_FindsItsKind(string query, QueryKind kind, string name, MatchKind expected) =>
        Assert.Equal(expected, NameQuery.Parse(query, kind).Matcher.Match(Fold.Utf8(name)));

    [Fact]
    public void Match_AnyGlob_AgreesWithRegex()
    {
        var letters = Gen.Elements('a', 'b', '*', '?', 'é');
        var pattern = Gen.NonEmptyListOf(letters).Select(all => new string([.. all]));
        var name = Gen.NonEmptyListOf(Gen.Elements('a', 'b', 'é', 'ß')).Select(all => new string([.. all]));
        Prop.ForAll(pattern.Zip(name).ToArbitrary(), pair =>
        {
            var (glob, text) = pair;
            var regex = "^" + Regex.Escape(Fold.Text(glob)).Replace("\\*", ".*").Replace("\\?", ".") + "$";
            var expected = Regex.IsMatch(Fold.Text(text), regex, RegexOptions.Singleline);
            return expected == (NameQuery.Parse(glob, QueryKind.Glob).Matcher.Match(Fold.Utf8(text)) != MatchKind.Unspecified);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Sweeps_AnyQuery_TheOneOfItsKindFindsEveryMatchingName()
    {
        var text = Gen.NonEmptyListOf(Gen.Elements('a', 'b', '*', '?', ' ', '-', '"', 'é', '日')).Select(all => new string([.. all]));
        var name = Gen.NonEmptyListOf(Gen.Elements('a', 'b', ' ', '-', 'E', '日')).Select(all => new string([.. all]));
        Prop.ForAll(text.Zip(name).ToArbitrary(), pair =>
        {
            var matcher = NameQuery.Parse(pair.Item1, QueryKind.Unspecified).Matcher;
            var kind = matcher.Match(Fold.Utf8(pair.Item2));
            var sink = new Collected([]);
            byte[] block = [(byte)'\n', .. Fold.Utf8(pair.Item2), (byte)'\n'];
            Terms.Walk(block, ref sink);
            return kind == MatchKind.Unspecified || matcher.Sweeps.Any(sweep =>
                (sweep.Kind == kind || sweep.Kind == MatchKind.Unspecified)
                && sweep.Literals.Append(sweep.Probe).All(literal => literal.Next(block, 0) >= 0)
                && sweep.Terms.All(range => sink.Terms.Any(term => term >= range.First && term <= range.Last)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    readonly record struct Collected(HashSet<int> Terms) : ITermSink
    {
        public void Add(int term) => Terms.Add(term);
    }
}
