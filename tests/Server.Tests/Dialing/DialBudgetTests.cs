using System.Net;
using Microsoft.Extensions.Time.Testing;
using P2P.Content;
using P2P.Server.Dialing;

namespace P2P.Server.Tests.Dialing;

public sealed class DialBudgetTests
{
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Asked at random moments for hours: no minute, wherever it begins, has more than the limits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TryTake_AtAnyTime_NoMinuteHasMoreThanTheLimits(int seed)
    {
        var (random, time) = (new Random(seed), new FakeTimeProvider());
        var options = new DialBackOptions { PerTarget = 3, PerAddress = 7, PerMinute = 20 };
        var budget = new DialBudget(options, time);
        var taken = new List<(DateTimeOffset At, PeerEndpoint Target)>();
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(random.Next(2000)));
            var target = Target($"192.0.2.{random.Next(6)}", 5000 + random.Next(5));
            if (budget.TryTake(target))
            {
                taken.Add((time.GetUtcNow(), target));
            }
            else
            {
                refused++;
            }

            Assert.InRange(budget.Count, 0, options.PerMinute);
        }

        Assert.True(refused > 1000);
        for (var i = 0; i < taken.Count; i++)
        {
            var window = taken.Skip(i).TakeWhile(dial => dial.At - taken[i].At < Minute).ToList();
            Assert.True(window.Count <= options.PerMinute);
            Assert.True(window.Count(dial => dial.Target == taken[i].Target) <= options.PerTarget);
            Assert.True(window.Count(dial => dial.Target.Address.Equals(taken[i].Target.Address)) <= options.PerAddress);
        }
    }

    [Fact]
    public void TryTake_ALimitReached_OpensAgainAfterAMinuteAndNotBefore()
    {
        var time = new FakeTimeProvider();
        var budget = new DialBudget(new DialBackOptions(), time);
        var target = Target("192.0.2.1", 5001);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => budget.TryTake(target)));
        // The scheme is no other target.
        Assert.False(budget.TryTake(new PeerEndpoint(target.Address, target.Port, secure: true)));
        Assert.True(budget.TryTake(Target("192.0.2.1", 5002)));
        time.Advance(Minute - TimeSpan.FromMilliseconds(1));
        Assert.False(budget.TryTake(target));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(budget.TryTake(target));
        Assert.Equal(1, budget.Count);
    }

    [Fact]
    public void TryTake_ManyPorts_AreCountedForTheAddressUnlessItIsLoopback()
    {
        var budget = new DialBudget(new DialBackOptions(), new FakeTimeProvider());
        Assert.Equal(30, Enumerable.Range(5000, 100).Count(port => budget.TryTake(Target("192.0.2.1", port))));
        Assert.Equal(100, Enumerable.Range(5000, 100).Count(port => budget.TryTake(Target("127.0.0.1", port))));
    }

    static PeerEndpoint Target(string address, int port) => new(IPAddress.Parse(address), port, secure: false);
}
