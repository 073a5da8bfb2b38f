using System.Globalization;

namespace Grpc.Wire;

/// <summary>Status codes as text, and how they relate to HTTP status and HTTP/2 error codes.</summary>
static class StatusMaps
{
    /// <summary>The name in the protocol's documents, such as <c>NOT_FOUND</c>.</summary>
    public static string Name(StatusCode code) => Row(code).Name;

    /// <summary>For JSON transcoding. CANCELLED is 499, the client's own doing, not a server error.</summary>
    public static int ToHttpStatus(StatusCode code) => Row(code).Http;

    /// <summary>The value of <c>grpc-status</c>. A code that is none becomes UNKNOWN.</summary>
    public static string Text(StatusCode code) =>
        (code is >= StatusCode.OK and <= StatusCode.Unauthenticated ? (int)code : (int)StatusCode.Unknown).ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads <c>grpc-status</c>. Anything but a known code is UNKNOWN: newer peers may know more codes.</summary>
    public static StatusCode FromText(ReadOnlySpan<char> text) => text switch
    {
        [>= '0' and <= '9'] => (StatusCode)(text[0] - '0'),
        ['1', >= '0' and <= '6'] => (StatusCode)(10 + text[1] - '0'),
        _ => StatusCode.Unknown,
    };

    /// <summary>
    /// For an answer without <c>grpc-status</c>. A 200 without one is UNKNOWN, as the protocol's documents say (the
    /// official .NET client says CANCELLED, which claims that somebody cancelled).
    /// </summary>
    public static StatusCode FromHttpStatus(int status) => status switch
    {
        (>= 100 and < 200) or 400 or 431 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>
    /// For a stream or connection that ended with an HTTP/2 error code. STREAM_CLOSED and HTTP_1_1_REQUIRED have no
    /// counterpart and are UNKNOWN.
    /// </summary>
    public static StatusCode FromHttp2Error(long code) => code switch
    {
        0 or 1 or 2 or 3 or 4 or 6 or 9 or 10 => StatusCode.Internal,
        7 => StatusCode.Unavailable,
        8 => StatusCode.Cancelled,
        11 => StatusCode.ResourceExhausted,
        12 => StatusCode.PermissionDenied,
        _ => StatusCode.Unknown,
    };

    static (string Name, int Http) Row(StatusCode code) => code switch
    {
        StatusCode.OK => ("OK", 200),
        StatusCode.Cancelled => ("CANCELLED", 499),
        StatusCode.InvalidArgument => ("INVALID_ARGUMENT", 400),
        StatusCode.DeadlineExceeded => ("DEADLINE_EXCEEDED", 504),
        StatusCode.NotFound => ("NOT_FOUND", 404),
        StatusCode.AlreadyExists => ("ALREADY_EXISTS", 409),
        StatusCode.PermissionDenied => ("PERMISSION_DENIED", 403),
        StatusCode.ResourceExhausted => ("RESOURCE_EXHAUSTED", 429),
        StatusCode.FailedPrecondition => ("FAILED_PRECONDITION", 400),
        StatusCode.Aborted => ("ABORTED", 409),
        StatusCode.OutOfRange => ("OUT_OF_RANGE", 400),
        StatusCode.Unimplemented => ("UNIMPLEMENTED", 501),
        StatusCode.Internal => ("INTERNAL", 500),
        StatusCode.Unavailable => ("UNAVAILABLE", 503),
        StatusCode.DataLoss => ("DATA_LOSS", 500),
        StatusCode.Unauthenticated => ("UNAUTHENTICATED", 401),
        _ => ("UNKNOWN", 500),
    };
}
