using FsCheck;
using FsCheck.Fluent;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

public sealed class TimeoutCodecTests
{
    [Theory]
    [InlineData(-1, "1n")]
    [InlineData(0, "1n")]
    [InlineData(1, "1m")]
    [InlineData(10_000, "1m")]
    [InlineData(10_001, "2m")]
    [InlineData(9_990_000, "999m")]
    [InlineData(10_000_000, "1S")]
    [InlineData(12_340_000, "1240m")]
    [InlineData(50_000_000, "5S")]
    [InlineData(100_050_000, "10100m")]
    [InlineData(123_456_789, "12400m")]
    [InlineData(9_981_000_000, "999S")]
    [InlineData(9_991_000_000, "1000S")]
    [InlineData(10_000_000_000, "17M")]
    [InlineData(600_000_000_000, "17H")]
    [InlineData(long.MaxValue, "99999999H")]
    public void Format_Ticks_RoundsUp(long ticks, string expected)
    {
        // The last row is 256,204,779 hours, more than eight digits can say.
        Assert.Equal(expected, TimeoutCodec.Format(TimeSpan.FromTicks(ticks)));
    }

    [Theory]
    [InlineData("1n", 1)]
    [InlineData("100n", 1)]
    [InlineData("101n", 2)]
    [InlineData("1u", 10)]
    [InlineData("250m", 2_500_000)]
    [InlineData("00000001S", 10_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("99999999H", 99_999_999L * TimeSpan.TicksPerHour)]
    public void TryParse_WellFormed_GivesTicks(string text, long ticks)
    {
        Assert.True(TimeoutCodec.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("0S")]
    [InlineData("00000000n")]
    [InlineData("123456789S")]
    [InlineData("1s")]
    [InlineData("1h")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("1.5S")]
    [InlineData("١S")]
    public void TryParse_Malformed_IsRefused(string text)
    {
        Assert.False(TimeoutCodec.TryParse(text, out _));
    }

    [Fact]
    public void TryParse_OfFormat_IsNeverEarlierAndAtMostOneStepLater()
    {
        var ticks = ArbMap.Default.GeneratorFor<long>().Select(seed => Math.Abs(seed % (1000 * TimeSpan.TicksPerHour)) + 1).ToArbitrary();
        Prop.ForAll(ticks, value =>
        {
            var remaining = TimeSpan.FromTicks(value);
            Assert.True(TimeoutCodec.TryParse(TimeoutCodec.Format(remaining), out var parsed));
            Assert.True(parsed >= remaining);

            // A step is 1 ms, or 1 % of the value below 1000 s, or a minute, or an hour.
            var step = remaining.TotalSeconds < 1000 ? Math.Max(1, remaining.TotalMilliseconds / 100)
                : remaining.TotalMinutes < 1000 ? 60_000
                : 3_600_000;
            Assert.True((parsed - remaining).TotalMilliseconds <= step);
        }).QuickCheckThrowOnFailure();
    }
}
