using System.Net.Sockets;

namespace Grpc.Net.Client.Calls;

/// <summary>What an exception of the transport means as a status.</summary>
static class Failures
{
    public static Status ToStatus(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (Known(cause) is { } known)
            {
                return new Status(known.Code, known.Detail, exception);
            }
        }

        return exception is HttpRequestException or IOException or SocketException
            ? new Status(StatusCode.Unavailable, "The connection failed: " + exception.GetBaseException().Message, exception)
            : new Status(StatusCode.Unknown, "The call failed: " + exception.Message, exception);
    }

    /// <summary>True when nothing was sent, because there was no connection to send it on.</summary>
    public static bool IsConnectFailure(Exception exception) => exception is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
    };

    static (StatusCode Code, string Detail)? Known(Exception exception) => exception switch
    {
        RpcException rpc => (rpc.StatusCode, rpc.Status.Detail),
        HttpProtocolException protocol => (StatusMaps.FromHttp2Error(protocol.ErrorCode), protocol.Message),
        // An HttpClient's own time-out is told apart from a cancellation by this cause.
        OperationCanceledException { InnerException: TimeoutException } => (StatusCode.DeadlineExceeded, exception.Message),
        OperationCanceledException => (StatusCode.Cancelled, "The call was cancelled."),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            (StatusCode.ResourceExhausted, exception.Message),
        _ => null,
    };
}
