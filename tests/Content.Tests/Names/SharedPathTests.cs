using FsCheck;
using FsCheck.Fluent;

namespace P2P.Content.Tests.Names;

public sealed class SharedPathTests
{
    [Fact]
    public void TryParse_GoodPath_GivesItsParts()
    {
        Assert.True(SharedPath.TryParse("music/live 2024/01 caf\u00e9.flac", out SharedPath? path));
        Assert.Equal("music", path!.Label);
        Assert.Equal("01 caf\u00e9.flac", path.BaseName);
        Assert.Equal(["music", "live 2024", "01 caf\u00e9.flac"], path.Components);
        Assert.Equal("music/live 2024/01 caf\u00e9.flac", path.ToString());
    }

    [Theory]
    [InlineData("file1.txt")]
    [InlineData("a/..b/c..")]
    [InlineData("a/b:c\\d")]
    public void Problem_UnusualButTrueNames_AreFine(string path) => Assert.Null(SharedPath.Problem(path));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("../a")]
    [InlineData("a/..")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u0085b")]
    [InlineData("a\u2028b")]
    [InlineData("a\u007fb")]
    public void Problem_BadPath_IsASentence(string path)
    {
        Assert.EndsWith(".", SharedPath.Problem(path), StringComparison.Ordinal);
        Assert.False(SharedPath.TryParse(path, out _));
    }

    [Fact]
    public void Problem_LoneSurrogate_IsRefused() => Assert.NotNull(SharedPath.Problem("a" + '\ud800'));

    [Fact]
    public void Problem_Lengths_AreLimitedInBytes()
    {
        Assert.Null(SharedPath.Problem(new string('a', 255)));
        Assert.NotNull(SharedPath.Problem(new string('a', 256)));
        Assert.NotNull(SharedPath.Problem(new string('\u00e9', 128)));
        Assert.Null(SharedPath.Problem(string.Join('/', Enumerable.Repeat("abc", 1024))));
        Assert.NotNull(SharedPath.Problem(string.Join('/', Enumerable.Repeat("abc", 1025))));
    }

    [Fact]
    public void ToLocal_AnyGoodPath_StaysBelowTheFolder() =>
        Prop.ForAll(
            Gen.Elements("a", "..", "C:", "\\..\\", "CON", "\u202e", " ", "...", "x.").ArrayOf().Where(p => p.Length > 0).ToArbitrary(),
            components =>
            {
                if (!SharedPath.TryParse(string.Join('/', components), out SharedPath? path))
                    return true;
                string local = path!.ToLocal("/root/folder");
                return Path.GetFullPath(local) == local && local.StartsWith("/root/folder/", StringComparison.Ordinal);
            }).QuickCheckThrowOnFailure();
}
