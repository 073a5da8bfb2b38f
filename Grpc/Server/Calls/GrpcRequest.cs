using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>What makes an HTTP request a gRPC call.</summary>
static class GrpcRequest
{
    const string ContentType = "application/grpc";

    /// <summary><c>application/grpc</c>, <c>application/grpc+proto</c>, <c>application/grpc; …</c>; not <c>application/grpc-web</c>.</summary>
    public static bool HasGrpcContentType(HttpRequest request) =>
        request.ContentType is { } type
        && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == ContentType.Length || type[ContentType.Length] is '+' or ';' or ' ');

    /// <summary>The HTTP status that refuses the request, or 0 when it is a gRPC call.</summary>
    public static int Check(HttpRequest request)
    {
        if (!HttpMethods.IsPost(request.Method))
        {
            return StatusCodes.Status405MethodNotAllowed;
        }
        if (!HasGrpcContentType(request))
        {
            return StatusCodes.Status415UnsupportedMediaType;
        }
        return HttpProtocol.IsHttp2(request.Protocol) || HttpProtocol.IsHttp3(request.Protocol)
            ? 0
            : StatusCodes.Status426UpgradeRequired;
    }
}
