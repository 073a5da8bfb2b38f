namespace P2P.Content.Tests.Sources;

public sealed class InactivityTests
{
    const long MiB = 1024 * 1024;

    [Theory]
    [InlineData(0, 8)]
    [InlineData(MiB / 2, 9)]
    [InlineData(4 * MiB, 16)]
    [InlineData(11 * MiB, 30)]
    [InlineData(long.MaxValue, 30)]
    public void LimitFor_Size_GrowsUpToTheMost(long bytes, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Inactivity.Default.LimitFor(bytes));

    [Fact]
    public void LimitFor_AnySizes_NeverShrinksAndStaysWithin()
    {
        Random random = new(1);
        for (int i = 0; i < 1000; i++)
        {
            long small = random.NextInt64(64 * MiB), more = small + random.NextInt64(64 * MiB);
            TimeSpan first = Inactivity.Default.LimitFor(small), second = Inactivity.Default.LimitFor(more);
            Assert.True(first <= second && first >= Inactivity.Default.Least && second <= Inactivity.Default.Most, $"{small}, {more}");
        }
    }

    [Fact]
    public void Always_AnySize_IsThat()
    {
        Inactivity always = Inactivity.Always(TimeSpan.FromMilliseconds(500));
        Assert.Equal((0.5, 0.5), (always.LimitFor(0).TotalSeconds, always.LimitFor(long.MaxValue).TotalSeconds));
    }

    [Fact]
    public void LimitFor_Negative_IsABug() => Assert.Throws<ArgumentOutOfRangeException>(() => Inactivity.Default.LimitFor(-1));
}
