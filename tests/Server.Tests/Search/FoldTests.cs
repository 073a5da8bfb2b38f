using FsCheck;
using FsCheck.Fluent;
using P2P.Server.Search;

namespace P2P.Server.Tests.Search;

public sealed class FoldTests
{
    [Theory]
    [InlineData("Canción", "CANCION")]
    [InlineData("straße", "STRASSE")]
    [InlineData("Ångström", "angstrom")]
    [InlineData("ﬁnal", "FINAL")]
    [InlineData("ΣΊΣΥΦΟΣ", "σίσυφος")]
    [InlineData("İstanbul", "istanbul")]
    [InlineData("ＦＵＬＬ", "full")]
    [InlineData("Smørrebrød", "SMORREBROD")]
    public void Text_SameWordOtherwiseTyped_FoldsTheSame(string one, string other) =>
        Assert.Equal(Fold.Text(one), Fold.Text(other));

    [Fact]
    public void Text_AlreadyFolded_Stays() => Prop.ForAll(
        ArbMap.Default.ArbFor<UnicodeString>(),
        text => Fold.Text(Fold.Text(text.Item)) == Fold.Text(text.Item)).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Text_EveryCharacterOfTheBasicPlane_FoldsOnceAndForAll()
    {
        for (var letter = 1; letter < 0xD800; letter++)
        {
            var folded = Fold.Text(((char)letter).ToString());
            Assert.True(folded == Fold.Text(folded), $"U+{letter:X4}");
        }
    }
}
