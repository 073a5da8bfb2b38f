using FsCheck;
using FsCheck.Fluent;
using P2P.Server.Search;
using P2P.Toolbox;

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
    [InlineData("ᾳδης", "ΑΙΔΗΣ")]
    [InlineData("zero\u200Bwi\u200Ddth", "zerowidth")]
    [InlineData("\u202Egnp.exe", "gnp.exe")]
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

    [Fact]
    public async Task Text_EveryCodePoint_FoldsAsUnicodesFullCaseFoldingDoes()
    {
        const string script = """
            import sys
            for code in range(0x110000):
                if not 0xD800 <= code < 0xE000 and chr(code).casefold() != chr(code):
                    print(chr(code), chr(code).casefold())
            """;
        await using var python = ForeignProcess.Start(ForeignTool.Python("apt-get install python3"), ["-X", "utf8", "-c", script]);
        var (code, output, errors) = await python.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.True(code == 0, errors);
        var pairs = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToList();
        Assert.True(pairs.Count > 1400, "Python knows more foldings than these.");
        Assert.All(pairs, pair => Assert.Equal(Fold.Text(pair[1]), Fold.Text(pair[0])));
    }
}
