using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Validation;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Pacing;
using P2P.Peers.Sharing;
using Status = Google.Rpc.Status;

namespace P2P.Peers.Serving;

/// <summary>Receives uploads. A file appears under its name when it is whole and has its root, and never in place of another.</summary>
/// <param name="options">Null for a closed inbox.</param>
/// <param name="serving">The idle limit.</param>
/// <param name="gate">Who may send.</param>
/// <param name="catalog">What need not be sent, since it is shared here.</param>
/// <param name="time">The clock.</param>
sealed class Inbox(InboxOptions? options, ServingOptions serving, TicketGate gate, CatalogState catalog, TimeProvider time)
{
    // Whether its length counts already.
    readonly ConcurrentDictionary<ContentId, bool> _receiving = new();
    readonly Lock _admitting = new();
    readonly RatePace _pace = new(options?.Limit ?? RateSchedule.None, time);

    public bool IsOpen => options is not null;

    /// <summary>What an uploader needs to know: whether the content is here, and from where to go on.</summary>
    public async Task<DescribeResponse> DescribeAsync(ContentId content, Caller caller, string ticket, CancellationToken cancellationToken)
    {
        Throw(await AdmitAsync(caller, ticket, content, cancellationToken, isQuestion: true).ConfigureAwait(false));
        var place = Open();
        var known = FindShared(content);
        return new DescribeResponse
        {
            Root = content.Root.ToString(),
            Length = content.Length,
            Path = known?.Path ?? "",
            Present = known is not null,
            UploadOffset = known is null ? new InboxPart(place.Folder, content).ResumeOffset : 0,
            UploadSlotsFree = Math.Max(0, place.AtOnce - _receiving.Count),
        };
    }

    /// <summary>Receives one file.</summary>
    /// <remarks>
    /// 1. The header: may the caller send it, is the inbox open, is the content new, does the upload go on where the part ends, is there room?
    /// 2. Data: written to the part, and hashed on the way.
    /// 3. Whole and with the right root: synced, and renamed without overwriting.
    /// </remarks>
    public async Task<UploadResponse> ReceiveAsync(
        IAsyncStreamReader<UploadRequest> requests, Caller caller, CancellationToken cancellationToken)
    {
        using var idle = new IdleGuard(serving.IdleLimit, time, cancellationToken);
        var header = await ReadHeaderAsync(requests, idle).ConfigureAwait(false);
        var content = new ContentId(ContentRoot.Parse(header.Root), header.Length);
        Throw(await AdmitAsync(caller, header.Ticket, content, idle.Token).ConfigureAwait(false));
        var place = Open();
        if (FindShared(content) is { } known)
        {
            return new UploadResponse { Path = known.Path, Length = content.Length, Root = header.Root, Present = true };
        }

        if (_receiving.Count >= place.AtOnce || !_receiving.TryAdd(content, false))
        {
            throw CatalogRefusal.NoSlot(serving.SlotRetry).ToRpcException();
        }

        try
        {
            return await ReceiveAsync(place, header, content, DataAsync(requests, caller, content, idle)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw (Disk.IsFull(error) ? CatalogRefusal.InboxFull : CatalogRefusal.Unwritable).ToRpcException();
        }
        finally
        {
            _receiving.TryRemove(content, out _);
        }
    }

    async Task<UploadResponse> ReceiveAsync(
        InboxOptions place, UploadHeader header, ContentId content, IAsyncEnumerable<ByteString> incoming)
    {
        if (!SharedPath.TryParse(header.Path, out var wanted) || wanted is null)
        {
            throw Violation("header.path", "is no relative path");
        }

        Directory.CreateDirectory(place.Folder);
        var part = new InboxPart(place.Folder, content);
        if (header.Offset != 0 && header.Offset != part.ResumeOffset)
        {
            throw CatalogRefusal.UploadOffset(part.ResumeOffset).ToRpcException();
        }

        lock (_admitting)
        {
            Throw(content.Length > place.Quota - Taken(place.Folder, content) ? CatalogRefusal.InboxFull : null);
            _receiving[content] = true;
        }

        using (var writer = part.Open(header.Offset))
        {
            await foreach (var data in incoming.ConfigureAwait(false))
            {
                if (data.Length > content.Length - writer.Length)
                {
                    throw Violation("data", "goes past the length that the header names");
                }

                writer.Write(data.Span);
            }

            Throw(writer.Length < content.Length ? CatalogRefusal.UploadIncomplete(writer.Length & -TreeShape.BlockSize) : null);
            if (writer.Finish() != content.Root)
            {
                part.Delete();
                throw CatalogRefusal.RootMismatch.ToRpcException();
            }

            writer.Keep(header);
        }

        // All of it is there: it counts as a file, under whichever name.
        _receiving[content] = false;
        return new UploadResponse { Path = part.MoveTo(wanted), Length = content.Length, Root = header.Root };
    }

    static async Task<UploadHeader> ReadHeaderAsync(IAsyncStreamReader<UploadRequest> requests, IdleGuard idle)
    {
        var isThere = await NextAsync(requests, idle).ConfigureAwait(false);
        return isThere && requests.Current.Header is { } header ? header : throw Violation("header", "is required in the first message");
    }

    async IAsyncEnumerable<ByteString> DataAsync(
        IAsyncStreamReader<UploadRequest> requests, Caller caller, ContentId content, IdleGuard idle)
    {
        while (await NextAsync(requests, idle).ConfigureAwait(false))
        {
            if (requests.Current.PartCase != UploadRequest.PartOneofCase.Data)
            {
                throw Violation("header", "comes once");
            }

            Throw(gate.Holds(caller, new GrantedUse(content, ForUpload: true)) ? null : CatalogRefusal.NoTicket);
            var turn = _pace.WaitAsync(requests.Current.Data.Length, idle.Token);
            if (!turn.IsCompleted)
            {
                // Our own waiting is no idleness of the sender.
                await turn.ConfigureAwait(false);
                idle.Touch();
            }

            yield return requests.Current.Data;
        }
    }

    static async Task<bool> NextAsync(IAsyncStreamReader<UploadRequest> requests, IdleGuard idle)
    {
        try
        {
            var isThere = await requests.MoveNext(idle.Token).ConfigureAwait(false);
            idle.Touch();
            return isThere;
        }
        catch (Exception stopped) when (idle.IsExpired && stopped is OperationCanceledException or RpcException or IOException)
        {
            throw new RpcException(new(StatusCode.DeadlineExceeded, "The upload sent nothing for too long."));
        }
    }

    ValueTask<Status?> AdmitAsync(Caller caller, string ticket, ContentId content, CancellationToken cancellationToken, bool isQuestion = false) =>
        gate.AdmitAsync(caller, ticket, new GrantedUse(content, ForUpload: true), cancellationToken, isQuestion);

    InboxOptions Open() => options ?? throw CatalogRefusal.InboxClosed.ToRpcException();

    SharedFile? FindShared(ContentId content) =>
        catalog.Current.WithRoot(content.Root).FirstOrDefault(file => file.Content == content && !SharedPath.IsPartial(file.Path));

    // What lies there without this upload's own part, and what the other uploads under way will still add.
    long Taken(string folder, ContentId content) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
        - new InboxPart(folder, content).Length
        + _receiving.Where(other => other.Value && other.Key != content)
            .Sum(other => other.Key.Length - new InboxPart(folder, other.Key).Length);

    static RpcException Violation(string field, string description)
    {
        var violations = new ViolationSink();
        violations.Add(field, description);
        return InvalidRequest.ToRpcException(violations.Take());
    }

    static void Throw(Status? refusal)
    {
        if (refusal is not null)
        {
            throw refusal.ToRpcException();
        }
    }
}
