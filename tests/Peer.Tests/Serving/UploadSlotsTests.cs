using Microsoft.Extensions.Time.Testing;
using P2P.Peers.Serving;

namespace P2P.Peers.Tests.Serving;

public sealed class UploadSlotsTests
{
    static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    readonly FakeTimeProvider _time = new();
    readonly UploadSlots _slots;

    public UploadSlotsTests() => _slots = new UploadSlots(2, Retry, caller => caller.StartsWith("own", StringComparison.Ordinal), _time);

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
    public void Take_Preferred_GoFirstButOneOfFourIsAnothers()
    {
        var held = new Queue<IDisposable>([Take("a")!, Take("b")!]);
        string[] others = ["c", "d"], own = ["own 1", "own 2", "own 3", "own 4", "own 5"];
        Assert.Equal([1, 2], others.Select(Place));
        // Three of the preferred, another, then the rest of them with the last of the others behind.
        Assert.Equal([1, 2, 3, 5, 6], own.Select(Place));
        Assert.Equal([4, 7], others.Select(Place));

        string[] order = ["own 1", "own 2", "own 3", "c", "own 4", "own 5", "d"];
        foreach (var next in order)
        {
            held.Dequeue().Dispose();
            foreach (var waiting in order.Except([next]).Where(one => Array.IndexOf(order, one) > Array.IndexOf(order, next)))
            {
                Assert.Null(Take(waiting));
            }

            held.Enqueue(Take(next)!);
            Assert.NotNull(held.Last());
        }
    }

    [Fact]
    public void Take_PreferredWithoutEnd_StarveNobody()
    {
        var (first, second) = (Take("a"), Take("b"));
        Assert.Equal(1, Place("c"));
        var given = 0;
        for (IDisposable? free = first, other = null; other is null; given++)
        {
            Assert.InRange(given, 0, UploadSlots.PreferredInARow);
            Place($"own {given}");
            free!.Dispose();
            other = Take("c");
            free = other is null ? Take($"own {given}") : null;
        }

        Assert.Equal(UploadSlots.PreferredInARow, given - 1);
        second!.Dispose();
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
