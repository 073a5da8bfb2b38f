using P2P.Peers.Finding;

namespace P2P.Peers.Tests.Finding;

public sealed class PathFilterTests
{
    [Theory]
    [InlineData("*.flac", "a/b/x.flac", true)]
    [InlineData("*.flac", "a/x.flac.txt", false)]
    [InlineData("a/*", "a/x", true)]
    [InlineData("a/*", "a/b/x", false)]
    [InlineData("a/**", "a/b/x", true)]
    [InlineData("**/b/*", "b/x", true)]
    [InlineData("**/b/*", "a/c/b/x", true)]
    [InlineData("**/b/*", "ab/x", false)]
    [InlineData("x?.[z]", "x1.[z]", true)]
    [InlineData("x?", "x/", false)]
    [InlineData("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false)]
    public void Takes_Include_AsThePatternSays(string pattern, string path, bool taken) =>
        Assert.Equal(taken, new PathFilter([pattern], []).Takes(path));

    [Fact]
    public void Takes_IncludeAndExclude_ExcludeGoesFirst()
    {
        PathFilter filter = new(["*.txt", "*.md"], ["draft/**"]);

        Assert.Equal([true, true, false, false], new[] { "a.txt", "x/b.md", "draft/a.txt", "c.bin" }.Select(filter.Takes));
        Assert.True(new PathFilter([], []).Takes("anything"));
    }
}
