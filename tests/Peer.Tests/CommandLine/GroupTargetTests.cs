using P2P.Peers.CommandLine;

namespace P2P.Peers.Tests.CommandLine;

public sealed class GroupTargetTests
{
    [Theory]
    [InlineData("group:lab", null, "lab")]
    [InlineData("music=group:lab", "music", "lab")]
    [InlineData("a=b=group:the lab", "a=b", "the lab")]
    public void TryParse_Target_IsRead(string text, string? label, string group) =>
        Assert.Equal(new GroupTarget(label, group), GroupTarget.TryParse(text));

    [Theory]
    [InlineData("lab")]
    [InlineData("group:")]
    [InlineData("=group:lab")]
    [InlineData("music=lab")]
    [InlineData("")]
    public void TryParse_Nonsense_IsRefused(string text) => Assert.Null(GroupTarget.TryParse(text));

    [Fact]
    public void Access_SomeFolders_SaysItOfAll()
    {
        GroupTarget[] targets = [new(null, "lab"), new("b", "band"), new("b", "lab")];

        var access = GroupTarget.Access(targets, ["a", "b"]);

        Assert.Equal([("a", "lab"), ("b", "lab band")], access.Select(folder => (folder.Label, string.Join(' ', folder.Groups))));
        Assert.Empty(GroupTarget.Access([], ["a", "b"]));
    }
}
