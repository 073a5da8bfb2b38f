using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Writes what gRPC puts into response headers and trailers.</summary>
static class GrpcResponse
{
    static readonly StringValues s_contentType = GrpcHeaders.ContentType;

    public static void SetContentType(HttpResponse response) => response.Headers.ContentType = s_contentType;

    /// <summary>Answers with a status and nothing else.</summary>
    public static void SetTrailersOnly(HttpResponse response, Status status)
    {
        SetContentType(response);
        SetStatus(response.Headers, status);
    }

    /// <summary>Refuses a request that is no gRPC call.</summary>
    public static void Refuse(HttpResponse response, int httpStatus)
    {
        response.StatusCode = httpStatus;
        switch (httpStatus)
        {
            case StatusCodes.Status405MethodNotAllowed:
                response.Headers.Allow = HttpMethods.Post;
                break;
            case StatusCodes.Status426UpgradeRequired:
                response.Headers.Upgrade = "HTTP/2.0";
                response.Headers.Connection = "Upgrade";
                break;
            default:
                SetStatus(response.Headers, new Status(StatusCode.Internal, "The content type is not application/grpc."));
                break;
        }
    }

    /// <summary>Ends a call: in trailers, or in the headers if these were not sent (Trailers-Only).</summary>
    public static void SetEnd(HttpResponse response, Status status, Metadata? trailers)
    {
        var target = response.HasStarted
            ? response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            : response.Headers;
        if (target is null)
        {
            return;
        }
        if (trailers is not null)
        {
            AppendMetadata(target, trailers);
        }
        SetStatus(target, status);
    }

    public static void AppendMetadata(IHeaderDictionary target, Metadata metadata)
    {
        foreach (var entry in metadata)
        {
            if (!MetadataRules.IsReserved(entry.Key) && !MetadataRules.IsStatus(entry.Key))
            {
                target.Append(entry.Key, Printable(MetadataRules.HeaderValue(entry)));
            }
        }
    }

    static void SetStatus(IHeaderDictionary target, Status status)
    {
        target[GrpcHeaders.Status] = StatusMaps.Text(status.StatusCode);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            target[GrpcHeaders.Message] = PercentCodec.Encode(status.Detail);
        }
    }

    // HTTP forbids control characters and gRPC everything that is not ASCII. A value that has them must neither fail the call at
    // its very end nor forge a header.
    static string Printable(string value) => value.AsSpan().ContainsAnyExceptInRange(' ', '~')
        ? string.Concat(value.Select(character => character is >= ' ' and <= '~' ? character : '?'))
        : value;
}
