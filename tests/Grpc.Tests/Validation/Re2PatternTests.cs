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
    public void Compile_Re2Pattern_MatchesAsRe2Does(string pattern, string value, bool expected) =>
        Assert.Equal(expected, Re2Pattern.Compile(pattern, "owner").IsMatch(value));

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|a)*b")]
    public void Compile_PatternThatBacktrackersFear_EndsSoon(string pattern) =>
        Assert.DoesNotMatch(Re2Pattern.Compile("^" + pattern + "c", "owner"), new string('a', 200_000));

    [Theory]
    [InlineData(@"[^\D]")]
    [InlineData(@"(?=a)")]
    [InlineData(@"(a)\1")]
    public void Compile_Unsupported_NamesTheOwner(string pattern) => Assert.StartsWith(
        "my.field: the pattern", Assert.Throws<InvalidOperationException>(() => Re2Pattern.Compile(pattern, "my.field")).Message, StringComparison.Ordinal);
}
