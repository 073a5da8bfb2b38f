using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Watching;

/// <summary>What of the log one watcher is told.</summary>
sealed class EventFilter(WatchRequest request)
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

        foreach (var told in @event.Read(Wants(WatchKind.QueryMatched) ? _query : null))
        {
            if (told.Sequence > after && Wants(told.Kind) && (told.File is null || MaySee(@event.Peer, told.File.Path)))
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

    /// <summary>The one place that decides whether this watcher may be told of a file: all that may call Watch may search all files.</summary>
    static bool MaySee(LivePeer peer, string path) => peer.PeerId.Length > 0 && path.Length > 0;
}
