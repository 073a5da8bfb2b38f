using System.Collections.Concurrent;
using Grpc.Core;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Pacing;
using P2P.Peers.Sharing;

namespace P2P.Peers.Serving;

/// <summary>Serves Download and Read: range after range, each read from the file straight into the memory that is sent.</summary>
sealed class DownloadServer(
    GuardedLookup lookup, PartialShelf partials, ScanRequests rescans, UploadSlots slots, ServingOptions options, TimeProvider time)
{
    readonly RatePace _all = new(options.Limit, time);
    readonly ConcurrentDictionary<string, (RatePace Pace, int Calls)> _each = new();

    /// <param name="ranges">Validated; at least one.</param>
    /// <param name="chunkLength">Largest chunk that the caller wants; 0 for the default.</param>
    /// <param name="caller">Who it is.</param>
    /// <param name="connection">Tells callers without a key apart, for the queue and the limit of each.</param>
    /// <param name="chunks">The answer.</param>
    /// <param name="cancellationToken">The call's end.</param>
    public async Task ServeAsync(
        IReadOnlyList<DownloadRange> ranges, int chunkLength, Caller caller, string connection, IChunkWriter chunks, CancellationToken cancellationToken)
    {
        // Who may have nothing takes no slot.
        var first = await lookup.FindAsync(NameIn(ranges[0]), caller, cancellationToken).ConfigureAwait(false);
        if (first.Refusal is { Code: (int)StatusCode.PermissionDenied } shut)
        {
            throw shut.ToRpcException();
        }

        var who = caller.Print ?? connection;
        using var slot = slots.TryTake(who, out var place) ?? throw CatalogRefusal.Queued(place!.Value).ToRpcException();
        using var idle = new IdleGuard(options.IdleLimit, time, cancellationToken);
        var each = Enter(who);
        var answer = new RangeAnswer(chunks, chunkLength > 0 ? chunkLength : options.ChunkLength, idle, [_all, each]);
        using var folders = new ShareFolders();
        IServedContent? open = null;
        try
        {
            for (var number = 0; number < ranges.Count; number++)
            {
                answer.Begin(number, isLast: number == ranges.Count - 1);
                open = await ServeAsync(ranges[number], caller, open, folders, answer).ConfigureAwait(false);
            }
        }
        catch (Exception stopped) when (idle.IsExpired && stopped is OperationCanceledException or RpcException or IOException)
        {
            throw new RpcException(new(StatusCode.DeadlineExceeded, "The download was not read for too long."));
        }
        finally
        {
            open?.Dispose();
            Leave(who);
        }
    }

    // A caller's calls share its limit; nothing is kept of a caller that has none.
    RatePace Enter(string caller) => _each.AddOrUpdate(
        caller, _ => (new RatePace(options.LimitEach, time), 1), (_, known) => (known.Pace, known.Calls + 1)).Pace;

    void Leave(string caller)
    {
        var left = _each.AddOrUpdate(caller, _ => (RatePace.None, 0), (_, known) => (known.Pace, known.Calls - 1));
        if (left.Calls == 0)
        {
            _each.TryRemove(KeyValuePair.Create(caller, left));
        }
    }

    // Returns the file that is open now: the next range is likely to be one of the same content.
    async Task<IServedContent?> ServeAsync(DownloadRange range, Caller caller, IServedContent? open, ShareFolders folders, RangeAnswer answer)
    {
        var found = await lookup.FindAsync(NameIn(range), caller, answer.Token).ConfigureAwait(false);
        var isUnknown = found.Refusal is { Code: (int)StatusCode.NotFound } && range.HasRoot;
        var partial = isUnknown ? partials.Find(range.Root, range.HasLength ? range.Length : null) : null;
        if (partial is null && found.Refusal is { } unknown)
        {
            await answer.FailAsync(unknown).ConfigureAwait(false);
            return open;
        }

        if (partial is not null)
        {
            open?.Dispose();
            open = partial;
        }
        else if (open is not ServedFile same || !found.Files.Contains(same.File))
        {
            open?.Dispose();
            open = ServedFile.Open(found.Files, folders, rescans, out var refusal);
            if (open is null)
            {
                await answer.FailAsync(refusal!).ConfigureAwait(false);
                return null;
            }
        }

        var length = open.Content.Length;
        if (range.Offset > length || (range.HasCount && range.Count > length - range.Offset))
        {
            await answer.FailAsync(CatalogRefusal.OutOfRange).ConfigureAwait(false);
            return open;
        }

        var (content, count) = (open.Content, range.HasCount ? range.Count : length - range.Offset);
        await (open.Covers(range.Offset, count)
            ? answer.SendAsync(open, range.Offset, count, () => lookup.Holds(caller, content))
            : answer.FailAsync(CatalogRefusal.NotHereYet)).ConfigureAwait(false);
        return open;
    }

    static ContentName NameIn(DownloadRange range) => new(
        range.HasRoot ? range.Root : null, range.HasLength ? range.Length : null, range.HasPath ? range.Path : null, range.Ticket);
}
