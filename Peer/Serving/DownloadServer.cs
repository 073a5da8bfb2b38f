using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Sharing;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>Serves Download: range after range, each read into one buffer that is used again once a message is out.</summary>
sealed class DownloadServer(
    ContentLookup lookup, ScanRequests rescans, UploadSlots slots, ServingOptions options, TimeProvider time)
{
    public async Task ServeAsync(
        DownloadRequest request, IServerStreamWriter<DownloadResponse> writer, CancellationToken cancellationToken)
    {
        using var slot = slots.TryTake() ?? throw CatalogRefusal.NoSlot(options.SlotRetry).ToRpcException();
        using var idle = new IdleGuard(options.IdleLimit, time, cancellationToken);
        var chunk = request.ChunkLength > 0 ? request.ChunkLength : options.ChunkLength;
        var buffer = ArrayPool<byte>.Shared.Rent(chunk);
        ServedFile? open = null;
        try
        {
            for (var number = 0; number < request.Ranges.Count; number++)
            {
                var answer = new Answer(number, buffer.AsMemory(0, chunk), writer, idle);
                open = await ServeAsync(request.Ranges[number], open, answer).ConfigureAwait(false);
            }
        }
        catch (Exception stopped) when (idle.IsExpired && stopped is OperationCanceledException or RpcException or IOException)
        {
            throw new RpcException(new(StatusCode.DeadlineExceeded, "The download was not read for too long."));
        }
        finally
        {
            open?.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Returns the file that is open now: the next range is likely to be one of the same content.
    async Task<ServedFile?> ServeAsync(DownloadRange range, ServedFile? open, Answer answer)
    {
        var found = range.HasPath ? lookup.ByPath(range.Path) : lookup.ByRoot(range.Root, range.HasLength ? range.Length : null);
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

        await answer.SendAsync(open, range.Offset, range.HasCount ? range.Count : length - range.Offset).ConfigureAwait(false);
        return open;
    }

    sealed class Answer(int number, Memory<byte> buffer, IServerStreamWriter<DownloadResponse> writer, IdleGuard idle)
    {
        public Task FailAsync(Status refusal) => WriteAsync(new DownloadResponse { RangeIndex = number, Failure = refusal });

        // An empty range has one message too, so that the client sees that it was served.
        public async Task SendAsync(ServedFile file, long offset, long count)
        {
            var isFirst = true;
            do
            {
                var data = buffer[..(int)Math.Min(buffer.Length, count)];
                if (file.Read(data.Span, offset) is { } refusal)
                {
                    if (!isFirst)
                    {
                        throw refusal.ToRpcException();
                    }

                    await FailAsync(refusal).ConfigureAwait(false);
                    return;
                }

                await WriteAsync(new DownloadResponse
                {
                    RangeIndex = number,
                    Offset = offset,
                    Data = UnsafeByteOperations.UnsafeWrap(data),
                }).ConfigureAwait(false);
                offset += data.Length;
                count -= data.Length;
                isFirst = false;
            }
            while (count > 0);
        }

        async Task WriteAsync(DownloadResponse message)
        {
            await writer.WriteAsync(message, idle.Token).ConfigureAwait(false);
            idle.Touch();
        }
    }
}
