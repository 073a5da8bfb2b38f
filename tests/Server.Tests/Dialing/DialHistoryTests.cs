using P2P.Server.Dialing;

namespace P2P.Server.Tests.Dialing;

public sealed class DialHistoryTests
{
    [Theory]
    [InlineData(0, false, 0)]
    [InlineData(1, false, 60)]
    [InlineData(2, false, 120)]
    [InlineData(5, false, 960)]
    [InlineData(100, false, 960)]
    [InlineData(1, true, 0)]
    [InlineData(2, true, 60)]
    [InlineData(100, true, 960)]
    public void IsDue_AfterFailures_WaitsLongerAndLonger(int failures, bool isDeclared, int seconds)
    {
        var history = Enumerable.Range(0, failures).Aggregate(DialHistory.None, (dials, at) => dials.With(answered: false, at));
        Assert.False(history.Answered);
        Assert.True(history.IsDue(isDeclared, TimeSpan.FromSeconds(seconds)));
        Assert.False(seconds > 0 && history.IsDue(isDeclared, TimeSpan.FromSeconds(seconds - 1)));
    }

    [Fact]
    public void With_Answered_IsNeverDueAndForgetsFailures()
    {
        var reached = DialHistory.None.With(answered: false, 1).With(answered: true, 2);
        Assert.Equal(new DialHistory(true, 0, 2), reached);
        Assert.False(reached.IsDue(isDeclared: true, TimeSpan.FromDays(1)));
    }
}
