using System.Globalization;
using System.Text;
using Grpc.Validation;

namespace Grpc.Tests.Validation;

public sealed class Re2PatternTests
{
    [Theory]
    [InlineData(@"^[a-z]+$", "abc", true)]
    [InlineData(@"^[a-z]+$", "abc\n", false)]
    [InlineData(@"^\d+$", "19", true)]
    [InlineData(@"^\d+$", "١٩", false)]
    [InlineData(@"^[\w.-]+$", "a_b.c-d", true)]
    [InlineData(@"^[\w.-]+$", "é", false)]
    [InlineData(@"^\S+\s\D\W$", "ab cé", true)]
    [InlineData(@"^[$]\$$", "$$", true)]
    [InlineData(@"^[]$]+$", "]$", true)]
    [InlineData(@"^[^]$]+$", "]", false)]
    [InlineData("^([0-9a-f]{64})?$", "", true)]
    [InlineData("^[a-c0]{3}$", "b0c", true)]
    [InlineData("^[a-c0]{3}$", "b0d", false)]
    [InlineData("^[a-c0]{3}$", "bb", false)]
    [InlineData("^[a-c0]{3}$", "bbbb", false)]
    [InlineData("^[a-c0]{3}$", "bbb\n", false)]
    [InlineData("^[A-Z]{2}$", "aB", false)]
    [InlineData("^[A-Z]{1}$", "\u212A", false)]
    [InlineData(@"^[^\p{C}\p{Z}]+$", "\U0001F600", true)]
    [InlineData(@"^\p{So}.$", "\U0001F600\U00020000", true)]
    [InlineData(@"^\p{Lo}$", "\U0001F600", false)]
    public void IsMatch_Re2Pattern_MatchesAsRe2Does(string pattern, string value, bool expected) =>
        Assert.Equal(expected, new Re2Pattern(pattern, "owner").IsMatch(value));

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|a)*b")]
    public void Pattern_PatternThatBacktrackersFear_EndsSoon(string pattern) =>
        Assert.False(new Re2Pattern("^" + pattern + "c", "owner").IsMatch(new string('a', 200_000)));

    [Theory]
    [InlineData(@"[^\D]")]
    [InlineData(@"(?=a)")]
    [InlineData(@"(a)\1")]
    [InlineData("\U0001F600")]
    public void Pattern_Unsupported_NamesTheOwner(string pattern) => Assert.StartsWith(
        "my.field: the pattern", Assert.Throws<InvalidOperationException>(() => new Re2Pattern(pattern, "my.field")).Message, StringComparison.Ordinal);

    [Fact]
    public void IsMatch_EveryCategory_StandInHasIt()
    {
        HashSet<string> seen = [];
        for (int value = 0x10000; value < 0x20000; value++)
        {
            Rune rune = new(value);
            string category = Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.UppercaseLetter => "Lu",
                UnicodeCategory.LowercaseLetter => "Ll",
                UnicodeCategory.OtherLetter => "Lo",
                UnicodeCategory.ModifierLetter => "Lm",
                UnicodeCategory.NonSpacingMark => "Mn",
                UnicodeCategory.SpacingCombiningMark => "Mc",
                UnicodeCategory.DecimalDigitNumber => "Nd",
                UnicodeCategory.LetterNumber => "Nl",
                UnicodeCategory.OtherNumber => "No",
                UnicodeCategory.OtherPunctuation => "Po",
                UnicodeCategory.MathSymbol => "Sm",
                UnicodeCategory.CurrencySymbol => "Sc",
                UnicodeCategory.OtherSymbol => "So",
                UnicodeCategory.Format => "Cf",
                UnicodeCategory.OtherNotAssigned => "Cn",
                _ => "",
            };
            if (category.Length > 0 && seen.Add(category))
            {
                Assert.True(new Re2Pattern($"^\\p{{{category}}}$", "owner").IsMatch(rune.ToString()), category);
            }
        }

        Assert.True(seen.Count > 12);
    }
}
