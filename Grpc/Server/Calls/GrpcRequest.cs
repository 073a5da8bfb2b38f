namespace Grpc.AspNetCore.Server.Calls;

/// <summary>What makes an HTTP request a gRPC call.</summary>
static class GrpcRequest
{
    /// <summary>The HTTP status that refuses the request, or 0 when it is a gRPC call.</summary>
    public static int Check(HttpRequest request)
    {
        if (!HttpMethods.IsPost(request.Method))
        {
            return StatusCodes.Status405MethodNotAllowed;
        }
        if (!GrpcHeaders.IsGrpc(request.ContentType))
        {
            return StatusCodes.Status415UnsupportedMediaType;
        }
        return HttpProtocol.IsHttp2(request.Protocol) || HttpProtocol.IsHttp3(request.Protocol)
            ? 0
            : StatusCodes.Status426UpgradeRequired;
    }
}
