using Microsoft.Extensions.Time.Testing;
using P2P.Peers.Serving;

namespace P2P.Peers.Tests.Serving;

public sealed class UploadSlotsTests
{
    static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    readonly FakeTimeProvider _time = new();
    readonly UploadSlots _slots;

    public UploadSlotsTests() => _slots = new UploadSlots(2, Retry, _time);

    [Fact]
    public void Take_AllTaken_TellsThePlaceAndKeepsItForWhoComesBack()
    {
        var (first, second) = (Take("a"), Take("b"));
        Assert.Equal([1, 2, 3], [Place("c"), Place("d"), Place("e")]);
        _time.Advance(Retry);
        Assert.Equal([1, 2, 3], [Place("c"), Place("d"), Place("e")]);

        first!.Dispose();

        Assert.Null(Take("e"));
        Assert.Equal(4, Place("newcomer"));
        Assert.NotNull(Take("c"));
        Assert.Equal(1, Place("d"));
        second!.Dispose();
        Assert.NotNull(Take("d"));
    }

    [Fact]
    public void Take_WhoDoesNotComeBack_LosesItsPlace()
    {
        var held = Take("a");
        Take("b");
        Assert.Equal([1, 2], [Place("gone"), Place("c")]);
        for (var round = 0; round < 4; round++)
        {
            _time.Advance(Retry);
            Place("c");
        }

        Assert.Equal(1, Place("c"));
        held!.Dispose();
        Assert.NotNull(Take("c"));
    }

    [Fact]
    public void Take_ASecondSlot_OnlyWhileNobodyWaits()
    {
        var first = Take("a");
        var second = Take("a");
        Assert.NotNull(second);
        Place("b");
        second.Dispose();

        Assert.Null(Take("a"));
        Assert.NotNull(Take("b"));
        first!.Dispose();
        Assert.NotNull(Take("a"));
    }

    [Fact]
    public void Take_EndlessCallers_HoldNoMoreThanTheQueueHas()
    {
        Take("a");
        Take("b");
        for (var caller = 0; caller < 5000; caller++)
        {
            Place($"caller {caller}");
        }

        Assert.Equal(1001, Place("one more"));
        Assert.Equal(1001, Place("another"));
        Assert.Equal(0, _slots.Free);
    }

    [Fact]
    public void Dispose_Twice_ReturnsOneSlot()
    {
        var slot = Take("a");
        slot!.Dispose();
        slot.Dispose();

        Assert.Equal(2, _slots.Free);
    }

    IDisposable? Take(string caller) => _slots.TryTake(caller, out _);

    int Place(string caller)
    {
        Assert.Null(_slots.TryTake(caller, out var place));
        return place!.Value.Number;
    }
}
