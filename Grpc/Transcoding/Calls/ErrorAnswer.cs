namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>The one answer to everything that goes wrong before a body has begun: google.rpc.Status as JSON.</summary>
static class ErrorAnswer
{
    // What a handler said about the content that it then could not give.
    static readonly string[] s_contentHeaders =
    [
        "Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Range",
        "ETag", "Expires", "Last-Modified",
    ];

    public static Task WriteAsync(HttpContext context, JsonCodec codec, int httpStatus, StatusCode code, string message) =>
        WriteAsync(context, codec, httpStatus, new Google.Rpc.Status { Code = (int)code, Message = message });

    public static async Task WriteAsync(HttpContext context, JsonCodec codec, int httpStatus, Google.Rpc.Status status)
    {
        var response = context.Response;
        foreach (var header in s_contentHeaders)
        {
            response.Headers.Remove(header);
        }
        using var buffer = new PooledBuffer(sizeHint: 1024);
        codec.Write(buffer, status);
        response.StatusCode = httpStatus;
        response.ContentType = ContentTypes.Json;
        response.ContentLength = buffer.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(buffer.WrittenMemory);
        }
    }
}
