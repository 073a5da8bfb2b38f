using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Which content types a request body may have, and which a client asks for.</summary>
static class ContentTypes
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";
    public const string Events = "text/event-stream";
    public const string Bytes = "application/octet-stream";

    static readonly string[] s_lines = [Lines, "application/ndjson", "application/jsonl", "application/json-lines"];

    /// <summary>Whether the request surely has no body.</summary>
    public static bool HasNoBody(HttpRequest request) =>
        request.ContentLength == 0 || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    /// <summary>application/json or anything +json; for a stream also what NDJSON goes by. UTF-8, and not compressed.</summary>
    public static bool IsJson(HttpRequest request, bool stream)
    {
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
        {
            return false;
        }
        if (request.ContentType == Json)
        {
            return true;
        }
        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)
                || (stream && Array.Exists(s_lines, known => type.MediaType.Equals(known, StringComparison.OrdinalIgnoreCase))))
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether the client would rather have server-sent events than lines.</summary>
    public static bool WantsEvents(HttpRequest request)
    {
        if (!request.Headers.Accept.ToString().Contains(Events, StringComparison.OrdinalIgnoreCase)
            || !MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return false;
        }
        double events = 0, lines = 0;
        foreach (var type in accepted)
        {
            var quality = type.Quality ?? 1;
            if (type.MediaType.Equals(Events, StringComparison.OrdinalIgnoreCase))
            {
                events = quality;
            }
            else if (Array.Exists(s_lines, known => type.MediaType.Equals(known, StringComparison.OrdinalIgnoreCase)))
            {
                lines = quality;
            }
        }
        return events > 0 && events >= lines;
    }
}
