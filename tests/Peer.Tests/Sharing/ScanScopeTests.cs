using Microsoft.Extensions.Time.Testing;
using P2P.Peers.Sharing;

namespace P2P.Peers.Tests.Sharing;

public sealed class ScanScopeTests
{
    static readonly SharedFolder Folder = new("s", "/s");

    [Fact]
    public void Reduce_NestedScopes_KeepsTheOuterOnes()
    {
        var reduced = ScanScope.Reduce([Of("a/b/c"), Of("a"), Of("a b"), Of("a/b"), Of("a-"), Of("ab/x")], 10);

        Assert.Equal(["a", "a b", "a-", "ab/x"], reduced.Select(scope => scope.Relative).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reduce_TooMany_BecomesTheWholeFolder() =>
        Assert.Equal([ScanScope.Whole(Folder)], ScanScope.Reduce([Of("a"), Of("b"), Of("c")], 2));

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "a/b", true)]
    [InlineData("a", "ab", false)]
    [InlineData("", "x", true)]
    public void Holds_Path_ComparesComponents(string scope, string path, bool expected) => Assert.Equal(expected, Of(scope).Holds(path));

    [Fact]
    public async Task Take_ChangesInARow_WaitsUntilTheyPause()
    {
        var time = new FakeTimeProvider();
        var options = new SharingOptions();
        var requests = new ScanRequests(options, time);
        requests.Add(Of("a"));
        var taking = requests.TakeAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        time.Advance(options.QuietTime / 2);
        requests.Add(Of("b"));

        Assert.False(taking.IsCompleted);
        while (!taking.IsCompleted)
        {
            time.Advance(options.QuietTime);
            await Task.Yield();
        }

        Assert.Equal(2, (await taking).Count);
    }

    [Fact]
    public async Task Take_NothingInTime_IsEmpty()
    {
        var time = new FakeTimeProvider();
        var taking = new ScanRequests(new SharingOptions(), time).TakeAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Empty(await taking);
    }

    static ScanScope Of(string relative) => new(Folder, relative);
}
