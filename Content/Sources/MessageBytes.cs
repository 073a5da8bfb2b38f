using Grpc.Core;
using P2P.Contracts.CatalogV1;

namespace P2P.Content;

/// <summary>A range as messages of Download.</summary>
sealed class MessageBytes(AsyncServerStreamingCall<DownloadResponse> call, long start, long end, Silence silence) : IRangeBytes
{
    long _next = start;

    public static MessageBytes Open(VerifiedSource source, ContentId content, long start, long end, Silence silence)
    {
        DownloadRange range = new() { Root = content.Root.ToString(), Length = content.Length, Offset = start, Count = end - start };
        if (source.Ticket is { } ticket)
            range.Ticket = ticket;
        DownloadRequest request = new() { Ranges = { range }, ChunkLength = source.Options.ChunkLength };
        return new MessageBytes(source.Client.Download(request, cancellationToken: silence.Token), start, end, silence);
    }

    public async ValueTask<(ReadOnlyMemory<byte> Bytes, FetchFailure? Failure)> NextAsync()
    {
        while (true)
        {
            (DownloadResponse? message, FetchFailure? failure) = await silence.NextAsync(call.ResponseStream).ConfigureAwait(false);
            // What fails once all came is no failure of this range.
            if (message is null)
                return (default, _next == end ? null : failure);
            if (message.Failure is { } refusal)
                return (default, FetchFailure.Of(refusal));
            if (message.RangeIndex != 0 || message.Offset != _next || message.Data.Length > end - _next)
                return (default, new FetchFailure(FetchFault.Misbehaved, "The source sent other bytes than it was asked for, or more."));
            silence.Came(message.Data.Length);
            _next += message.Data.Length;
            if (!message.Data.IsEmpty)
                return (message.Data.Memory, null);
        }
    }

    public void Dispose() => call.Dispose();
}
