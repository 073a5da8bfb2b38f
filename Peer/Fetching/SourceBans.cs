using System.Collections.Concurrent;
using P2P.Content;

namespace P2P.Peers.Fetching;

/// <summary>Sources that lied, for all files of a run: who sent wrong bytes of one is asked for no other.</summary>
public sealed class SourceBans
{
    readonly ConcurrentDictionary<string, FetchFailure> _lies = new();

    public void Add(string peerId, FetchFailure lie) => _lies.TryAdd(peerId, lie);

    public bool IsBanned(string peerId) => _lies.ContainsKey(peerId);

    /// <summary>What a banned source did; null if it is not banned.</summary>
    public FetchFailure? LieOf(string peerId) => _lies.GetValueOrDefault(peerId);
}
