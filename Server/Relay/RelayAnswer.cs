using System.Globalization;
using Google.Api;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;
using P2P.Content;
using P2P.Server.Calls;

namespace P2P.Server.Relay;

/// <summary>
/// The answer of one download. Its headers go out with the first verified byte, so that until then a failure can still be told as
/// a status.
/// </summary>
sealed class RelayAnswer(
    ServerCallContext context, UnreadLimit<HttpBody> writer, string name, ContentId content, bool isVerified, WantedRange range)
{
    static readonly FileExtensionContentTypeProvider Types = new();

    bool _begun;

    public static EntityTagHeaderValue ETag(ContentId content) =>
        new(string.Create(CultureInfo.InvariantCulture, $"\"{content.Root}-{content.Length}\""));

    /// <summary>Whether the call came as plain HTTP, and so has a status line and headers of its own.</summary>
    public static bool IsHttp(ServerCallContext context) =>
        context.GetHttpContext().Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var body = new HttpBody { Data = UnsafeByteOperations.UnsafeWrap(bytes) };
        if (!_begun)
        {
            body.ContentType = Type(name);
            await BeginAsync().ConfigureAwait(false);
        }

        await writer.WriteAsync(body, flush: true).ConfigureAwait(false);
    }

    /// <summary>Sends the headers, if no byte has.</summary>
    public async Task BeginAsync()
    {
        if (_begun)
        {
            return;
        }

        _begun = true;
        if (IsHttp(context))
        {
            SetHeaders(context.GetHttpContext().Response);
        }
        else
        {
            await context.WriteResponseHeadersAsync(new Metadata
            {
                { "etag", ETag(content).ToString() },
                { "x-p2p-verified", isVerified ? "true" : "false" },
            }).ConfigureAwait(false);
        }
    }

    void SetHeaders(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ETag = ETag(content).ToString();
        headers.AcceptRanges = "bytes";
        headers["x-p2p-verified"] = isVerified ? "true" : "false";
        // Foreign content on the directory's own origin: nothing in it may run.
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        if (range.Form is AnswerForm.NotModified)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        if (range.Form is AnswerForm.Changed)
        {
            response.StatusCode = StatusCodes.Status412PreconditionFailed;
            response.ContentLength = 0;
            return;
        }

        if (range.Form is AnswerForm.Unsatisfiable)
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            headers.ContentRange = new ContentRangeHeaderValue(content.Length).ToString();
            response.ContentLength = 0;
            return;
        }

        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(name);
        headers.ContentDisposition = disposition.ToString();
        response.ContentType = Type(name);
        response.ContentLength = range.Count;
        if (range.Form is AnswerForm.Part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = new ContentRangeHeaderValue(range.Offset, range.Offset + range.Count - 1, content.Length).ToString();
        }
    }

    static string Type(string name) => Types.TryGetContentType(name, out var type) ? type : "application/octet-stream";
}
