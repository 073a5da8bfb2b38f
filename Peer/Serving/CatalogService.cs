using System.Text;
using Google.Api;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Validation;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Sharing;

namespace P2P.Peers.Serving;

/// <summary>The Catalog service: what this peer serves to others. Requests are validated before they come here.</summary>
sealed class CatalogService(
    CatalogState catalog, GuardedLookup lookup, PartialShelf partials, TicketGate gate, ContentDescriber describer, DownloadServer downloads, Inbox inbox)
    : Catalog.CatalogBase
{
    // In a crowd everyone watches everyone: a message for each piece would cost more than the pieces.
    static readonly TimeSpan GatherPieces = TimeSpan.FromMilliseconds(200);

    const int DefaultPageSize = 50;

    public override Task<SearchResponse> Search(SearchRequest request, ServerCallContext context)
    {
        if (!gate.IsOpen)
        {
            throw CatalogRefusal.SearchElsewhere.ToRpcException();
        }

        var size = request.PageSize > 0 ? request.PageSize : DefaultPageSize;
        var found = catalog.Current.Search(request.Archivo, DecodePageToken(request.PageToken)).Take(size + 1).ToList();
        var response = new SearchResponse { Files = { found.Take(size).Select(ToMessage) } };
        if (found.Count > size)
        {
            response.NextPageToken = Convert.ToBase64String(Encoding.UTF8.GetBytes(found[size - 1].Path));
        }

        return Task.FromResult(response);
    }

    public override Task<DescribeResponse> Describe(DescribeRequest request, ServerCallContext context) =>
        describer.DescribeAsync(request, Caller.Of(context), context.CancellationToken);

    public override Task Download(
        DownloadRequest request, IServerStreamWriter<DownloadResponse> responseStream, ServerCallContext context) =>
        downloads.ServeAsync(
            request.Ranges, request.ChunkLength, Caller.Of(context), context.Peer, new MessageChunks(responseStream), context.CancellationToken);

    public override Task Read(ReadRequest request, IServerStreamWriter<HttpBody> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var isGrpc = http.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
        var chunks = new BodyChunks(responseStream, isGrpc ? null : http.Response);
        return downloads.ServeAsync([RangeOf(request)], isGrpc ? 0 : BodyChunks.Length, Caller.Of(context), context.Peer, chunks, context.CancellationToken);
    }

    public override Task<UploadResponse> Upload(IAsyncStreamReader<UploadRequest> requestStream, ServerCallContext context) =>
        inbox.ReceiveAsync(requestStream, Caller.Of(context), context.CancellationToken);

    public override async Task WatchAvailability(
        WatchAvailabilityRequest request, IServerStreamWriter<WatchAvailabilityResponse> responseStream, ServerCallContext context)
    {
        long? length = request.HasLength ? request.Length : null;
        var name = new ContentName(request.Root, length, null, request.Ticket);
        var found = await lookup.FindAsync(name, Caller.Of(context), context.CancellationToken).ConfigureAwait(false);
        if (found.Refusal is { } refusal)
        {
            var partial = partials.Find(request.Root, length) ?? throw refusal.ToRpcException();
            await TellAsync(partial, responseStream, context.CancellationToken).ConfigureAwait(false);
            return;
        }

        var complete = new WatchAvailabilityResponse { Availability = new Availability { Complete = true } };
        await responseStream.WriteAsync(complete, context.CancellationToken).ConfigureAwait(false);
    }

    static async Task TellAsync(
        PartialContent partial, IServerStreamWriter<WatchAvailabilityResponse> stream, CancellationToken cancellationToken)
    {
        // What comes between the two is told twice, which harms nobody.
        var known = partial.Count;
        var news = new WatchAvailabilityResponse { Availability = partial.ToMessage() };
        await stream.WriteAsync(news, cancellationToken).ConfigureAwait(false);
        while (news.Availability is not { Complete: true })
        {
            var pieces = await partial.SinceAsync(known, cancellationToken).ConfigureAwait(false);
            if (pieces.Count == 0)
            {
                return;
            }

            known += pieces.Count;
            news = partial.IsComplete
                ? new WatchAvailabilityResponse { Availability = partial.ToMessage() }
                : new WatchAvailabilityResponse { Pieces = { pieces } };
            await stream.WriteAsync(news, cancellationToken).ConfigureAwait(false);
            await Task.WhenAny(partial.Ended, Task.Delay(GatherPieces, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
        }
    }

    static DownloadRange RangeOf(ReadRequest request)
    {
        var range = new DownloadRange { Root = request.Root, Offset = request.Offset, Ticket = request.Ticket };
        if (request.HasLength)
        {
            range.Length = request.Length;
        }

        if (request.HasCount)
        {
            range.Count = request.Count;
        }

        return range;
    }

    // The token of a page is the last path of the page before.
    static string DecodePageToken(string token)
    {
        var bytes = new byte[token.Length];
        if (Convert.TryFromBase64String(token, bytes, out var length))
        {
            return Encoding.UTF8.GetString(bytes, 0, length);
        }

        var violations = new ViolationSink();
        violations.Add("pageToken", "is not of an answer of this peer");
        throw InvalidRequest.ToRpcException(violations.Take());
    }

    static CatalogFile ToMessage(SharedFile file) => new()
    {
        Path = file.Path,
        Length = file.Content.Length,
        Root = file.Content.Root.ToString(),
        Time = Timestamp.FromDateTimeOffset(file.Modified),
        Executable = file.Executable,
    };
}
