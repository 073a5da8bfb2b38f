namespace Grpc.Wire;

/// <summary>Status codes as text, and how they relate to HTTP status and HTTP/2 error codes.</summary>
static class StatusMaps
{
    static readonly string[] s_names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    static readonly string[] s_texts =
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];

    /// <summary>The name in the protocol's documents, such as <c>NOT_FOUND</c>.</summary>
    public static string Name(StatusCode code) => IsKnown(code) ? s_names[(int)code] : "UNKNOWN";

    /// <summary>The value of <c>grpc-status</c>. A code that is none becomes UNKNOWN.</summary>
    public static string Text(StatusCode code) => IsKnown(code) ? s_texts[(int)code] : s_texts[(int)StatusCode.Unknown];

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

    /// <summary>For JSON transcoding. CANCELLED is 499, the client's own doing, not a server error.</summary>
    public static int ToHttpStatus(StatusCode code) => code switch
    {
        StatusCode.OK => 200,
        StatusCode.Cancelled => 499,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
        StatusCode.DeadlineExceeded => 504,
        StatusCode.NotFound => 404,
        StatusCode.AlreadyExists or StatusCode.Aborted => 409,
        StatusCode.PermissionDenied => 403,
        StatusCode.Unauthenticated => 401,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Unimplemented => 501,
        StatusCode.Unavailable => 503,
        _ => 500,
    };

    static bool IsKnown(StatusCode code) => (uint)code < (uint)s_names.Length;
}
