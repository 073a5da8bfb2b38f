using System.Collections.Concurrent;
using P2P.Content;
using P2P.Server.Store;
using P2P.Server.Tickets;
using P2P.Server.Viewing;

namespace P2P.Server.Operating;

/// <summary>Peers that are barred, and roots that were taken down.</summary>
sealed class BlockTable(TakenDownRoots takenDown, GivenTickets tickets)
{
    readonly ConcurrentDictionary<(bool IsRoot, string Target), BlockSaved> _blocks = new();

    public bool IsBanned(string peerId) => _blocks.ContainsKey((false, peerId));

    public void Put(BlockSaved block)
    {
        _blocks[(block.IsRoot, block.Target)] = block;
        if (block.IsRoot)
        {
            takenDown.Set(ContentRoot.Parse(block.Target), isDown: true);
        }
        else
        {
            tickets.RevokeEverywhere(block.Target);
        }
    }

    public void Lift(BlockLifted lifted)
    {
        _blocks.TryRemove((lifted.IsRoot, lifted.Target), out _);
        if (lifted.IsRoot)
        {
            takenDown.Set(ContentRoot.Parse(lifted.Target), isDown: false);
        }
    }

    /// <summary>Newest first.</summary>
    /// <param name="after">Only those behind this one; null for all.</param>
    /// <param name="count">At most.</param>
    public IReadOnlyList<BlockSaved> Page(BlockOrder? after, int count) =>
        [.. _blocks.Values
            .Select(block => (Order: BlockOrder.Of(block), Block: block))
            .Where(entry => after is not { } last || entry.Order.CompareTo(last) > 0)
            .OrderBy(entry => entry.Order)
            .Take(count)
            .Select(entry => entry.Block)];
}

/// <summary>The order in which blocks are listed.</summary>
readonly record struct BlockOrder(long Time, bool IsRoot, string Target) : IComparable<BlockOrder>
{
    public static BlockOrder Of(BlockSaved block) => new(block.Time.ToUnixTimeMilliseconds(), block.IsRoot, block.Target);

    public int CompareTo(BlockOrder other)
    {
        var order = other.Time.CompareTo(Time);
        order = order != 0 ? order : IsRoot.CompareTo(other.IsRoot);
        return order != 0 ? order : string.CompareOrdinal(Target, other.Target);
    }
}
