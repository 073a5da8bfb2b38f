using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Dialing;
using Grpc.Core;

namespace P2P.Peers.Fetching;

/// <summary>Follows what the partial sources of one content have, for as long as it is fetched.</summary>
/// <param name="content">Root and length.</param>
/// <param name="changed">Told, from any thread, that some source has more.</param>
/// <param name="time">The clock.</param>
sealed class AvailabilityWatches(ContentId content, Action changed, TimeProvider time) : IAsyncDisposable
{
    const int MostFailures = 5;
    const int MostWatches = 64;

    static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(2);

    readonly Lock _lock = new();
    readonly Dictionary<string, PieceMap> _maps = [];
    readonly List<Task> _watches = [];
    readonly CancellationTokenSource _stop = new();

    /// <summary>What a source has; it is followed from now on.</summary>
    public PieceMap Of(SourcePeer peer, Catalog.CatalogClient client)
    {
        lock (_lock)
        {
            if (_maps.TryGetValue(peer.PeerId, out PieceMap? known))
                return known;
            PieceMap map = new(new PieceGeometry(content.Length));
            _maps.Add(peer.PeerId, map);
            if (_watches.Count < MostWatches)
                _watches.Add(WatchAsync(map, client, peer.Ticket));
            return map;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_watches).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    // What it says is only a hint of what to ask it for; a source that says nonsense is believed to have what it said before.
    async Task WatchAsync(PieceMap map, Catalog.CatalogClient client, string ticket)
    {
        WatchAvailabilityRequest request = new() { Root = content.Root.ToString(), Length = content.Length };
        if (ticket.Length > 0)
            request.Ticket = ticket;
        for (int failures = 0; failures < MostFailures && !map.IsComplete; failures++)
        {
            try
            {
                using AsyncServerStreamingCall<WatchAvailabilityResponse> call = client.WatchAvailability(request, cancellationToken: _stop.Token);
                while (await call.ResponseStream.MoveNext(_stop.Token))
                {
                    if (!map.Take(call.ResponseStream.Current))
                        return;
                    failures = 0;
                    changed();
                }
            }
            catch (RpcException) when (!_stop.IsCancellationRequested)
            {
                // It is asked again below; whether it can be read shows when it is read.
            }

            await Task.Delay(TryAgain, time, _stop.Token);
        }
    }
}
