using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Wire;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Pacing;
using P2P.Peers.Sharing;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>Serves Download: range after range, each read from the file straight into the memory that is sent.</summary>
sealed class DownloadServer(
    GuardedLookup lookup, PartialShelf partials, ScanRequests rescans, UploadSlots slots, ServingOptions options, TimeProvider time)
{
    readonly RatePace _all = new(options.Limit, time);
    readonly ConcurrentDictionary<string, (RatePace Pace, int Calls)> _each = new();

    /// <param name="request">Validated.</param>
    /// <param name="writer">The answer.</param>
    /// <param name="caller">Tells callers apart, for the queue and the limit of each.</param>
    /// <param name="cancellationToken">The call's end.</param>
    public async Task ServeAsync(
        DownloadRequest request, Caller caller, string connection, IServerStreamWriter<DownloadResponse> writer, CancellationToken cancellationToken)
    {
        // Who may have nothing takes no slot.
        var first = await lookup.FindAsync(NameIn(request.Ranges[0]), caller, cancellationToken).ConfigureAwait(false);
        if (first.Refusal is { Code: (int)StatusCode.PermissionDenied } shut)
        {
            throw shut.ToRpcException();
        }

        var who = caller.Print ?? connection;
        using var slot = slots.TryTake(who, out var place) ?? throw CatalogRefusal.Queued(place!.Value).ToRpcException();
        using var idle = new IdleGuard(options.IdleLimit, time, cancellationToken);
        var each = Enter(who);
        var answer = new Answer(writer, request.ChunkLength > 0 ? request.ChunkLength : options.ChunkLength, idle, [_all, each]);
        IServedContent? open = null;
        try
        {
            for (var number = 0; number < request.Ranges.Count; number++)
            {
                answer.Begin(number, isLast: number == request.Ranges.Count - 1);
                open = await ServeAsync(request.Ranges[number], caller, open, answer).ConfigureAwait(false);
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
    async Task<IServedContent?> ServeAsync(DownloadRange range, Caller caller, IServedContent? open, Answer answer)
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
            open = ServedFile.Open(found.Files, rescans, out var refusal);
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

    sealed class Answer
    {
        const int SentTogether = 64 * 1024;

        static readonly WriteOptions Waiting = new(WriteFlags.BufferHint);

        readonly IServerStreamWriter<DownloadResponse> _writer;
        readonly BytesFieldWriter<DownloadResponse, (IServedContent File, long Offset)> _chunks;
        readonly DownloadResponse _message = new();
        readonly int _chunk;
        readonly IdleGuard _idle;
        readonly RatePace[] _paces;
        bool _isLast;
        int _unsent;

        public Answer(IServerStreamWriter<DownloadResponse> writer, int chunk, IdleGuard idle, RatePace[] paces)
        {
            (_writer, _chunk, _idle, _paces) = (writer, chunk, idle, paces);
            _chunks = new(writer, DownloadResponse.DataFieldNumber, static (target, from) => Read(from.File, target, from.Offset));
        }

        public CancellationToken Token => _idle.Token;

        /// <summary>What comes belongs to this range of the request.</summary>
        public void Begin(int number, bool isLast) => (_message.RangeIndex, _isLast) = (number, isLast);

        public async Task FailAsync(Status refusal)
        {
            _writer.WriteOptions = null;
            await _writer.WriteAsync(new DownloadResponse { RangeIndex = _message.RangeIndex, Failure = refusal }, _idle.Token).ConfigureAwait(false);
            _idle.Touch();
        }

        // An empty range has one message too, so that the client sees that it was served.
        public async Task SendAsync(IServedContent file, long offset, long count, Func<bool> mayGoOn)
        {
            var isFirst = true;
            do
            {
                var length = (int)Math.Min(_chunk, count);
                _message.Offset = offset;
                await WaitForTurnAsync(length).ConfigureAwait(false);
                Gather(length, isEnd: length == count);
                try
                {
                    if (!mayGoOn())
                    {
                        throw new UnreadableException(CatalogRefusal.NoTicket);
                    }

                    await _chunks.WriteAsync(_message, length, (file, offset), _idle.Token).ConfigureAwait(false);
                }
                catch (UnreadableException unreadable) when (isFirst)
                {
                    await FailAsync(unreadable.Refusal).ConfigureAwait(false);
                    return;
                }
                catch (UnreadableException unreadable)
                {
                    throw unreadable.Refusal.ToRpcException();
                }

                _idle.Touch();
                offset += length;
                count -= length;
                isFirst = false;
            }
            while (count > 0);
        }

        // Our own waiting is no idleness of the caller.
        async ValueTask WaitForTurnAsync(int length)
        {
            foreach (var pace in _paces)
            {
                var turn = pace.WaitAsync(length, _idle.Token);
                if (!turn.IsCompleted)
                {
                    await turn.ConfigureAwait(false);
                    _idle.Touch();
                }
            }
        }

        // Small ranges are sent together, not each for itself.
        void Gather(int length, bool isEnd)
        {
            _unsent += length;
            var waits = isEnd && !_isLast && _unsent < SentTogether;
            _writer.WriteOptions = waits ? Waiting : null;
            _unsent = waits ? _unsent : 0;
        }

        static void Read(IServedContent file, Span<byte> target, long offset)
        {
            if (file.Read(target, offset) is { } refusal)
            {
                throw new UnreadableException(refusal);
            }
        }
    }

    // Passes through the writer, which then writes nothing.
    sealed class UnreadableException(Status refusal) : Exception
    {
        public Status Refusal => refusal;
    }
}
