using P2P.Contracts.DirectoryV1;
using P2P.Server.Viewing;

namespace P2P.Server.Watching;

/// <summary>What of the log one watcher is told.</summary>
/// <param name="viewer">What the watcher may see, as its account is now.</param>
sealed class EventFilter(WatchRequest request, Func<Viewer> viewer)
{
    readonly HashSet<WatchKind> _kinds = [.. request.Kinds];
    readonly StandingQuery? _query = request.HasArchivo ? new StandingQuery(request.Archivo) : null;
    readonly string? _peerId = request.HasPeerId ? request.PeerId : null;

    public bool Wants(WatchKind kind) => _kinds.Count == 0 || _kinds.Contains(kind);

    /// <summary>The events of a change behind a number, as messages.</summary>
    public IEnumerable<WatchResponse> Read(LoggedEvent @event, long after)
    {
        if (_peerId is not null && _peerId != @event.Info.PeerId)
        {
            yield break;
        }

        var who = viewer();
        foreach (var told in @event.Read(Wants(WatchKind.QueryMatched) ? _query : null))
        {
            if (told.Sequence > after && Wants(told.Kind) && (told.File is null || who.Sees(@event.Peer, told.File.Path, told.File.Root, @event.Access)))
            {
                yield return new WatchResponse
                {
                    Sequence = told.Sequence,
                    Kind = told.Kind,
                    Time = @event.Timestamp,
                    Peer = @event.Info,
                    File = told.File,
                };
            }
        }
    }
}
