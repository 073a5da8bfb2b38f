namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The one place that maps exceptions to status.</summary>
static class CallFailure
{
    public const string HandlerThrew = "Exception was thrown by handler.";

    public static Status ToStatus(Exception exception, HttpCallContext call, ILogger logger)
    {
        if (call.IsDeadlineExceeded)
        {
            return CallDeadline.Exceeded;
        }
        switch (exception)
        {
            case RpcException rpc:
                return rpc.Status;
            case BadHttpRequestException bad:
                GrpcServerLog.RequestUnreadable(logger, call.Method, bad);
                return bad.StatusCode switch
                {
                    StatusCodes.Status413PayloadTooLarge => new Status(StatusCode.ResourceExhausted, "The request is too large."),
                    StatusCodes.Status408RequestTimeout => new Status(StatusCode.Unavailable, "The request could not be read in time."),
                    // As for a message that is cut short.
                    _ => new Status(StatusCode.Internal, "The request body breaks off, or is framed wrongly."),
                };
            case ClientGoneException:
            case OperationCanceledException or IOException when call.HttpContext.RequestAborted.IsCancellationRequested:
                GrpcServerLog.ClientGone(logger, call.Method);
                return new Status(StatusCode.Cancelled, "The client cancelled the call.");
            default:
                GrpcServerLog.HandlerThrew(logger, call.Method, exception);
                return new Status(StatusCode.Unknown, Text(exception, call.Options.EnableDetailedErrors), exception);
        }
    }

    static string Text(Exception exception, bool detailed) =>
        detailed ? $"{HandlerThrew} {exception.Message}" : HandlerThrew;
}
