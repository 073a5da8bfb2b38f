using Grpc.Core;
using Grpc.Wire;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Sharing;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>Serves Download: range after range, each read from the file straight into the memory that is sent.</summary>
sealed class DownloadServer(
    GuardedLookup lookup, ScanRequests rescans, UploadSlots slots, ServingOptions options, TimeProvider time)
{
    public async Task ServeAsync(
        DownloadRequest request, Caller caller, IServerStreamWriter<DownloadResponse> writer, CancellationToken cancellationToken)
    {
        // Who may have nothing takes no slot.
        var first = await lookup.FindAsync(NameIn(request.Ranges[0]), caller, cancellationToken).ConfigureAwait(false);
        if (first.Refusal is { Code: (int)StatusCode.PermissionDenied } shut)
        {
            throw shut.ToRpcException();
        }

        using var slot = slots.TryTake() ?? throw CatalogRefusal.NoSlot(options.SlotRetry).ToRpcException();
        using var idle = new IdleGuard(options.IdleLimit, time, cancellationToken);
        var answer = new Answer(writer, request.ChunkLength > 0 ? request.ChunkLength : options.ChunkLength, idle);
        ServedFile? open = null;
        try
        {
            for (var number = 0; number < request.Ranges.Count; number++)
            {
                answer.Begin(number);
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
        }
    }

    // Returns the file that is open now: the next range is likely to be one of the same content.
    async Task<ServedFile?> ServeAsync(DownloadRange range, Caller caller, ServedFile? open, Answer answer)
    {
        var found = await lookup.FindAsync(NameIn(range), caller, answer.Token).ConfigureAwait(false);
        if (found.Refusal is { } unknown)
        {
            await answer.FailAsync(unknown).ConfigureAwait(false);
            return open;
        }

        if (open is null || !found.Files.Contains(open.File))
        {
            open?.Dispose();
            open = ServedFile.Open(found.Files, rescans, out var refusal);
            if (open is null)
            {
                await answer.FailAsync(refusal!).ConfigureAwait(false);
                return null;
            }
        }

        var length = open.File.Content.Length;
        if (range.Offset > length || (range.HasCount && range.Count > length - range.Offset))
        {
            await answer.FailAsync(CatalogRefusal.OutOfRange).ConfigureAwait(false);
            return open;
        }

        var content = open.File.Content;
        await answer.SendAsync(open, range.Offset, range.HasCount ? range.Count : length - range.Offset, () => lookup.Holds(caller, content))
            .ConfigureAwait(false);
        return open;
    }

    static ContentName NameIn(DownloadRange range) => new(
        range.HasRoot ? range.Root : null, range.HasLength ? range.Length : null, range.HasPath ? range.Path : null, range.Ticket);

    sealed class Answer
    {
        readonly IServerStreamWriter<DownloadResponse> _writer;
        readonly BytesFieldWriter<DownloadResponse, (ServedFile File, long Offset)> _chunks;
        readonly DownloadResponse _message = new();
        readonly int _chunk;
        readonly IdleGuard _idle;

        public Answer(IServerStreamWriter<DownloadResponse> writer, int chunk, IdleGuard idle)
        {
            (_writer, _chunk, _idle) = (writer, chunk, idle);
            _chunks = new(writer, DownloadResponse.DataFieldNumber, static (target, from) => Read(from.File, target, from.Offset));
        }

        public CancellationToken Token => _idle.Token;

        /// <summary>What comes belongs to this range of the request.</summary>
        public void Begin(int number) => _message.RangeIndex = number;

        public async Task FailAsync(Status refusal)
        {
            await _writer.WriteAsync(new DownloadResponse { RangeIndex = _message.RangeIndex, Failure = refusal }, _idle.Token).ConfigureAwait(false);
            _idle.Touch();
        }

        // An empty range has one message too, so that the client sees that it was served.
        public async Task SendAsync(ServedFile file, long offset, long count, Func<bool> mayGoOn)
        {
            var isFirst = true;
            do
            {
                var length = (int)Math.Min(_chunk, count);
                _message.Offset = offset;
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

        static void Read(ServedFile file, Span<byte> target, long offset)
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
