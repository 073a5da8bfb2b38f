using Microsoft.Extensions.Time.Testing;
using P2P.Peers.Pacing;

namespace P2P.Peers.Tests.Pacing;

public sealed class PacingTests
{
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Schedule_Windows_FirstThatCoversTheTimeCounts()
    {
        RateSchedule schedule = RateSchedule.TryParse(["500k@08:00-18:00", "2M@22:00-06:00", "1M"])!;

        Assert.Equal(500 * 1024, schedule.At(new TimeOnly(8, 0)));
        Assert.Equal(1024 * 1024, schedule.At(new TimeOnly(18, 0)));
        Assert.Equal(2 * 1024 * 1024, schedule.At(new TimeOnly(23, 59)));
        Assert.Equal(2 * 1024 * 1024, schedule.At(new TimeOnly(5, 59)));
        Assert.Null(RateSchedule.TryParse(["500k@08:00-18:00"])!.At(new TimeOnly(19, 0)));
        Assert.True(schedule.IsLimit);
        Assert.False(RateSchedule.None.IsLimit);
    }

    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("0")]
    [InlineData("1M@")]
    [InlineData("1M@8-18")]
    [InlineData("1M@08:00-24:00")]
    [InlineData("1M@08:00-08:00")]
    [InlineData("1M@08:00-18:00@x")]
    public void Schedule_NoRule_IsRefused(string rule) => Assert.Null(RateSchedule.TryParse([rule]));

    [Fact]
    public void Pace_ManyTurns_KeepsToTheRate()
    {
        RatePace pace = new(RateSchedule.TryParse(["1M"])!, _time);
        long sent = 0;
        DateTimeOffset started = _time.GetUtcNow();
        for (int turn = 0; turn < 1000; turn++)
        {
            _time.Advance(pace.Reserve(64 * 1024));
            sent += 64 * 1024;
        }

        double seconds = (_time.GetUtcNow() - started).TotalSeconds;
        Assert.InRange(sent / seconds, 1024 * 1024 * 0.99, 1024 * 1024 * 1.01);
    }

    [Fact]
    public void Pace_IdleForLong_DoesNotMakeUpForIt()
    {
        RatePace pace = new(RateSchedule.TryParse(["1M"])!, _time);
        _time.Advance(TimeSpan.FromHours(1));

        TimeSpan wait = TimeSpan.Zero;
        for (int turn = 0; turn < 16; turn++)
            wait = pace.Reserve(64 * 1024);

        Assert.InRange(wait.TotalSeconds, 0.68, 0.70);
    }

    [Theory]
    [InlineData(null, 1024 * 1024, 1024 * 1024)]
    [InlineData("2M", 1024 * 1024, 1024 * 1024)]
    [InlineData("500k", 1024 * 1024, 500 * 1024)]
    [InlineData("500k", 1000, 1000)]
    [InlineData("1k", 1024 * 1024, 16 * 1024)]
    public void Pace_Fit_IsASecondsWorth(string? rule, int bytes, int fitting)
    {
        RatePace pace = new(rule is null ? RateSchedule.None : RateSchedule.TryParse([rule])!, _time);

        Assert.Equal(fitting, pace.Fit(bytes));
    }

    [Fact]
    public void Pace_NoLimit_NeverWaits() => Assert.Equal(TimeSpan.Zero, RatePace.None.Reserve(int.MaxValue));
}
